//! The directories of this machine that an instance begins with.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustix::io::Errno;
use wasmtime_wasi::filesystem::Dir;
use wasmtime_wasi::{FsPerms, OpenMode};

use super::host_path::{FileSystem, kind_of, unsuitable};
use super::kept::kept_in;
use super::walk::{Astray, straight};
use crate::capability::{Gate, GrantSet, Mount, below};
use crate::error::Error;
use crate::interface::Own;

/// A directory that guest paths begin in.
#[derive(Clone)]
pub(super) struct Root {
    /// Its guest path.
    pub(super) guest: String,
    pub(super) dir: Dir,
    /// Whether the thread that runs the guest waits for it; see [`lend`].
    pub(super) local: bool,
}

/// The directories of an instance, and what was granted when they were opened.
pub(super) struct Roots {
    pub(super) each: Vec<Root>,
    granted: Arc<GrantSet>,
    pub(super) revision: u64,
}

impl Roots {
    /// The one that a guest path is looked up in, and the path in it.
    pub(super) fn of<'a>(&self, path: &'a str) -> Option<(&Root, &'a str)> {
        let around = self
            .each
            .iter()
            .filter_map(|root| Some((root, below(path, &root.guest)?)));
        around.max_by_key(|(root, _)| root.guest.len())
    }

    /// Whether a guest path is still in the directory of this machine that it was in.
    pub(super) fn holds(&self, gate: &Gate, path: &str) -> bool {
        if gate.revision() == self.revision {
            return true;
        }
        let now = gate.granted();
        let mount = |granted: &GrantSet| granted.mount_of(path).map(|(mount, _)| mount.clone());
        now.mounts == self.granted.mounts || mount(&now) == mount(&self.granted)
    }

    /// Whether a new instance would begin with other directories.
    pub(super) fn are_outdated(&self, gate: &Gate) -> bool {
        gate.revision() != self.revision && gate.granted().mounts != self.granted.mounts
    }
}

/// Opens the mounts that something asked for is in, once for each instance.
/// One that does not exist is empty.
/// They are there as long as they are asked for, also when all in them is revoked: then the gate denies it.
pub(super) fn roots(gate: &Gate, own: &Own) -> Result<Roots, Error> {
    // Read before what is granted, so that a change in between is seen the next time.
    let revision = gate.revision();
    let granted = gate.granted();
    let mut wanted: Vec<&Mount> = Vec::new();
    for mount in &granted.mounts {
        // Of two mounts of one directory the one that paths are looked up in counts.
        let mount = granted.mount_of(&mount.guest).map_or(mount, |(found, _)| found);
        if is_wanted(gate, &granted, mount) && !wanted.contains(&mount) {
            wanted.push(mount);
        }
    }
    let mut roots: Vec<_> = wanted
        .into_iter()
        .map(|mount| open(mount, own, gate))
        .collect::<Result<_, _>>()?;
    if gate.teaches() && !roots.iter().any(|root| root.guest == "/") {
        roots.push(Root {
            guest: "/".into(),
            dir: lend(empty()?, true),
            local: true,
        });
    }
    Ok(Roots {
        each: roots,
        granted,
        revision,
    })
}

/// Whether what is asked for is in this mount, or it is a mount inside what is asked for.
fn is_wanted(gate: &Gate, granted: &GrantSet, mount: &Mount) -> bool {
    gate.asked().iter().any(|asked| {
        let Some(directory) = asked.directory() else {
            return false;
        };
        // A single path may be the mounted directory itself.
        let pattern = asked.pattern();
        let holds = |path: &str| granted.mount_of(path).is_some_and(|(found, _)| found == mount);
        holds(&directory) || holds(&pattern) || asked.reaches(&mount.guest)
    })
}

fn open(mount: &Mount, own: &Own, gate: &Gate) -> Result<Root, Error> {
    let refused = |reason: &str| Error::Mount {
        directory: mount.guest.clone(),
        reason: reason.to_owned(),
    };
    let directory = match straight(&mount.place) {
        Ok(directory) => directory,
        // A directory that has gone must not keep what is deployed from its work.
        Err(Astray::System(Errno::NOENT)) => {
            gate.miss(mount);
            return Ok(Root {
                guest: mount.guest.clone(),
                dir: lend(empty()?, true),
                local: true,
            });
        }
        Err(Astray::Link) => return Err(refused(&linked(&mount.place))),
        Err(Astray::System(errno)) if errno != Errno::NOTDIR => {
            return Err(refused(&io::Error::from(errno).to_string()));
        }
        Err(_) => return Err(refused("it is no directory")),
    };
    let failed = |errno: Errno| refused(&io::Error::from(errno).to_string());
    if let Some(reason) = unsuitable(&directory, own).map_err(failed)? {
        return Err(refused(reason));
    }
    let granted = gate.granted();
    let writes = gate.asked().iter().any(|asked| granted.writes_in(asked, mount)) && granted.lets_write_in(mount);
    if let Some(kept) = kept_in(&directory, &granted.kept).filter(|_| writes) {
        return Err(refused(&kept.reason()));
    }
    let local = kind_of(&directory).map_err(failed)? == FileSystem::Local;
    Ok(Root {
        guest: mount.guest.clone(),
        dir: lend(directory, local),
        local,
    })
}

/// What is said of a place that is a link now, or has one on the way to it.
fn linked(place: &Path) -> String {
    let is_link = |path: &&Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let mut on_the_way: Vec<&Path> = place.ancestors().skip(1).filter(is_link).collect();
    match on_the_way.pop() {
        Some(link) => format!(
            "{} on the way to it has become a link since it was granted; put the directory back, or deploy again",
            link.display()
        ),
        None => "it is a link".into(),
    }
}

/// A directory as wasmtime-wasi has it. It lets everything through, because the gate has decided before it is asked.
///
/// With `local` the thread that runs the guest waits for the file system. Handing each operation to another thread
/// takes more than ten times as long as reading what is in memory, and waiting for a disk of this machine takes no
/// longer than a page fault of the guest may. What is answered over a network is handed over.
pub(super) fn lend(directory: File, local: bool) -> Dir {
    Dir::new(directory, FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE, local)
}

/// A directory in which nothing is and nothing can be made, because it has no name any more.
fn empty() -> Result<File, Error> {
    static EMPTY: OnceLock<File> = OnceLock::new();
    let failed = |error: io::Error| Error::Engine {
        reason: format!("no temporary directory could be made: {error}"),
    };
    let made = match EMPTY.get() {
        Some(made) => made,
        None => {
            let folder = tempfile::tempdir().map_err(failed)?;
            let opened = File::open(folder.path()).map_err(failed)?;
            folder.close().map_err(failed)?;
            EMPTY.get_or_init(|| opened)
        }
    };
    made.try_clone().map_err(failed)
}
