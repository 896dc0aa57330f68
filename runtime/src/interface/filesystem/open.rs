//! Opening: files and directories, without following a link and without waiting for anybody at the other end.

use std::fs::File as Handle;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::FilesView;
use super::bounds::MAX_OPEN;
use super::decide::{Found, Right, on};
use super::files::Place;
use super::host_path::Identity;
use super::quota::Opened;
use super::seen::is_program;
use super::trail::Trail;
use super::walk::{Astray, not_system};
use crate::capability::Access;
use crate::interface::slots::Slot;

/// How often it is tried to open or make what others make and remove meanwhile.
const MOST_TRIES: usize = 16;

/// What opening does, whatever it is called.
#[derive(Clone, Copy)]
struct Effect {
    mode: OpenMode,
    writes: bool,
    only_directories: bool,
    /// Whether a file is made when there is none, and whether there must be none.
    makes: bool,
    is_exclusive: bool,
    /// Whether a file is emptied, once it counts as open.
    empties: bool,
    flags: OFlags,
}

impl Effect {
    fn of(open: OpenFlags, descriptor: DescriptorFlags) -> Result<Self, ErrorCode> {
        let synchronised = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if descriptor.intersects(synchronised) {
            return Err(ErrorCode::Unsupported);
        }
        let only_directories = open.contains(OpenFlags::DIRECTORY);
        if only_directories && open.intersects(OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE) {
            return Err(ErrorCode::Invalid);
        }
        let makes = open.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
        let reads = descriptor.contains(DescriptorFlags::READ) || !descriptor.contains(DescriptorFlags::WRITE);
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, reads);
        mode.set(OpenMode::WRITE, makes || descriptor.contains(DescriptorFlags::WRITE));
        let flags = match (reads, mode.contains(OpenMode::WRITE)) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        Ok(Self {
            mode,
            writes: makes || descriptor.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY),
            only_directories,
            makes: open.contains(OpenFlags::CREATE),
            is_exclusive: open.contains(OpenFlags::CREATE) && open.contains(OpenFlags::EXCLUSIVE),
            empties: open.contains(OpenFlags::TRUNCATE),
            flags,
        })
    }

    /// What it is mostly done for, as a denial has it.
    fn right(&self) -> Right {
        if self.writes { Right::Write } else { Right::Read }
    }
}

impl FilesView<'_> {
    pub(super) async fn open(
        &mut self,
        at: Resource<Descriptor>,
        path: String,
        open: OpenFlags,
        descriptor: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let mut effect = Effect::of(open, descriptor)?;
        let named = self.named(&at, effect.right(), &path)?;
        effect.only_directories |= named.is_directory;
        let gate = &self.files.gate;
        // Read before it is decided, so that a change in between is seen the next time.
        let revision = gate.revision();
        let mut passes = false;
        if effect.writes {
            if effect.mode.contains(OpenMode::READ) {
                self.allow(Right::Read, &named.path)?;
            }
            self.allow(Right::Write, &named.path)?;
        } else if !gate.would_allow(&Access::FileRead(&named.path)) {
            passes = gate.leads_below(&named.path);
            if !passes {
                self.allow(Right::Read, &named.path)?;
            }
        }
        if self.files.places.len() >= MAX_OPEN {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        let slot = Slot::take(self.files.gate.descriptors()).ok_or(ErrorCode::InsufficientMemory)?;
        let own = self.files.own;
        let spares = effect.writes && !self.files.gate.allows_programs(&named.path);
        let (mut naming, mut tries) = (None, 0);
        let (opened, identity, local) = loop {
            let found = self.find(&at, effect.right(), &named).await?;
            if passes && found.kind() != Some(FileType::Directory) {
                // A directory on the way is gone through and not listed; anything else is read.
                self.allow_seeing(&named.path, || false)?;
                if found.seen.is_some() {
                    self.allow(Right::Read, &named.path)?;
                }
            }
            effect.only_directories |= passes;
            let local = found.local;
            // What is made is charged, so it is either made or opened, and not whichever it comes to.
            let makes = effect.makes && (effect.is_exclusive || found.seen.is_none());
            if makes {
                if naming.is_none() {
                    // No other instance gives or takes names meanwhile, so it is looked at again.
                    naming = Some(self.naming(&[(&at, &named)]).await?);
                    continue;
                }
                self.charge_entry()?;
            }
            let opened = if local {
                opened(&found, effect, makes, (own, spares))
            } else {
                let found = found.into_owned();
                on(local, move || opened(&found, effect, makes, (own, spares))).await?
            };
            if makes && opened.is_err() {
                self.give_back_entry();
            }
            tries += 1;
            match opened {
                Ok((opened, identity)) => break (opened, identity, local),
                // A program of this machine has made or removed it in between.
                Err(Astray::System(Errno::EXIST | Errno::NOENT))
                    if effect.makes && !effect.is_exclusive && tries < MOST_TRIES => {}
                Err(astray) => return Err(self.astray(effect.right(), &named.path, astray)),
            }
        };
        drop(naming);
        let counted = match &opened {
            Descriptor::File(file) => {
                let counted = Opened::new(self.files.meter.clone(), identity, file.file.clone(), local);
                if effect.empties {
                    empty(local, &counted, &file.file).await?;
                }
                Some(counted)
            }
            Descriptor::Dir(_) => None,
        };
        let roots = self.files.roots.clone();
        let trail = Trail::of_opened(named.path, roots, (identity, slot, counted), revision);
        self.hand_out(opened, Place::new(trail, local))
    }
}

/// Empties a file that was opened for it.
async fn empty(local: bool, opened: &Arc<Opened>, file: &Arc<Handle>) -> FsResult<()> {
    let change = opened.begin(|_| 0)?.ok_or(ErrorCode::Quota)?;
    let file = file.clone();
    let emptied = on(local, move || file.set_len(0)).await?;
    change.end();
    Ok(emptied?)
}

fn opened(
    found: &Found<'_>,
    effect: Effect,
    makes: bool,
    (own, spares_programs): (Option<Identity>, bool),
) -> Result<(Descriptor, Identity), Astray> {
    match found.kind() {
        None if effect.only_directories => return Err(Astray::System(Errno::NOENT)),
        Some(FileType::Directory) if effect.mode.contains(OpenMode::WRITE) => {
            return Err(Astray::System(Errno::ISDIR));
        }
        // Looked at before, because opening a device may already do something.
        Some(kind) => admit(kind)?,
        None => {}
    }
    if spares_programs && found.seen.is_some_and(|seen| seen.is_program) {
        return Err(Astray::Program);
    }
    let mut flags = effect.flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    flags.set(OFlags::DIRECTORY, effect.only_directories);
    flags.set(OFlags::CREATE | OFlags::EXCL, makes);
    let opened = openat(&*found.dir.dir, &*found.name, flags, Mode::from_raw_mode(0o666));
    let handle = Handle::from(opened.map_err(|errno| match errno {
        Errno::MLINK => Astray::Link,
        // What nobody reads from is a pipe, which took the place of what was looked at.
        Errno::NXIO => Astray::Special,
        errno => errno.into(),
    })?);
    // Looked at again, because it may have been replaced in between.
    let stat = fstat(&handle)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    admit(kind)?;
    let identity = Identity::of(&stat);
    if own == Some(identity) {
        return Err(Astray::Own);
    }
    if found.seen.is_some_and(|seen| seen.is_mount) {
        not_system(&handle)?;
    }
    if spares_programs && is_program(stat.st_mode) {
        return Err(Astray::Program);
    }
    let opened = match kind {
        FileType::Directory => {
            let mut dir = Dir::new(handle, FsPerms::ReadWrite, effect.mode, found.local);
            dir.open_mode.set(OpenMode::WRITE, effect.writes);
            Descriptor::Dir(dir)
        }
        _ => Descriptor::File(File::new(handle, FsPerms::ReadWrite, effect.mode, found.local)),
    };
    Ok((opened, identity))
}

/// Lets files and directories through; reading from anything else may wait for ever, or do what no file does.
fn admit(kind: FileType) -> Result<(), Astray> {
    match kind {
        FileType::RegularFile | FileType::Directory => Ok(()),
        FileType::Symlink => Err(Astray::Link),
        _ => Err(Astray::Special),
    }
}
