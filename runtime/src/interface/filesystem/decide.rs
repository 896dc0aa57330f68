//! What the gate is asked about a path or an open descriptor, and how what it says comes to the guest.

use std::borrow::Cow;

use rustix::fs::FileType;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::OwnedMutexGuard;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, PathFlags};
use wasmtime_wasi::p2::{FsError, FsResult};

use super::FilesView;
use super::files::Place;
use super::lexical::{Misnamed, Named, named};
use super::seen::Seen;
use super::trail::Trail;
use super::walk::{Astray, find, split};
use crate::capability::{Access, Gate, Refusal, below};

/// What is done to a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Read,
    Write,
}

/// Where it is noted that something was allowed to be seen, behind both rights.
const SEEING: usize = 2;

/// Where a path that is allowed is.
pub(super) struct Found<'a> {
    /// The directory that it is in.
    pub(super) dir: Dir,
    /// Its name there; `.` when it is the directory that the guest named it from.
    pub(super) name: Cow<'a, str>,
    /// What is there now; a program of this machine may change it at any time.
    pub(super) seen: Option<Seen>,
    pub(super) local: bool,
}

impl Found<'_> {
    pub(super) fn kind(&self) -> Option<FileType> {
        self.seen.map(|seen| seen.kind)
    }

    /// The same for another thread.
    pub(super) fn into_owned(self) -> Found<'static> {
        Found {
            name: Cow::Owned(self.name.into_owned()),
            ..self
        }
    }
}

impl Right {
    pub(super) fn to(self, path: &str) -> Access<'_> {
        match self {
            Self::Read => Access::FileRead(path),
            Self::Write => Access::FileWrite(path),
        }
    }
}

/// Decides on one access, and records it when it is denied.
pub(super) fn allow(gate: &Gate, right: Right, path: &str) -> FsResult<()> {
    gate.check(&right.to(path)).map_err(|_| ErrorCode::Access.into())
}

/// Whether the guest may know that something is there, because it may read or write it.
pub(super) fn may_see(gate: &Gate, path: &str) -> bool {
    gate.would_allow(&Access::FileRead(path)) || gate.would_allow(&Access::FileWrite(path))
}

fn allow_seeing(gate: &Gate, path: &str, is_directory: impl FnOnce() -> bool) -> FsResult<()> {
    if may_see(gate, path) || (gate.leads_below(path) && is_directory()) {
        return Ok(());
    }
    allow(gate, Right::Read, path)
}

/// Denies what is open, or a path, because it is not where what was decided on leads.
fn astray(gate: &Gate, right: Right, path: &str) -> FsError {
    gate.deny(&right.to(path), Refusal::LeadsElsewhere);
    ErrorCode::Access.into()
}

/// Whether the path of what is open still leads to it.
pub(super) fn check_way(gate: &Gate, trail: &Trail, right: Right) -> FsResult<()> {
    match trail.leads_there(gate) {
        true => Ok(()),
        false => Err(astray(gate, right, &trail.path())),
    }
}

impl FilesView<'_> {
    /// The path that a guest names below an open directory.
    pub(super) fn named(&self, at: &Resource<Descriptor>, right: Right, text: &str) -> FsResult<Named> {
        self.dir(at)?;
        named(&self.place(at)?.trail.path(), text).map_err(|misnamed| match misnamed {
            Misnamed::Unusable(code) => code.into(),
            Misnamed::Leaves(path) => {
                self.files.gate.deny(&right.to(&path), Refusal::LeadsElsewhere);
                ErrorCode::NotPermitted.into()
            }
        })
    }

    pub(super) fn allow(&self, right: Right, path: &str) -> FsResult<()> {
        allow(&self.files.gate, right, path)
    }

    /// Decides whether the guest may know what is at a path: what it may read or write, and a directory on the way to it.
    pub(super) fn allow_seeing(&self, path: &str, is_directory: impl FnOnce() -> bool) -> FsResult<()> {
        allow_seeing(&self.files.gate, path, is_directory)
    }

    /// What a guest sees of an open descriptor: what it may read or write, and directories on the way to that.
    /// It is decided again only when what is granted has changed.
    pub(super) fn sees(&mut self, descriptor: &Resource<Descriptor>) -> FsResult<()> {
        let gate = &self.files.gate;
        let place = self.files.places.get_mut(&descriptor.rep());
        let place = place.ok_or(ErrorCode::BadDescriptor)?;
        // Read before it is decided, so that a change in between is seen the next time.
        let revision = Some(gate.revision());
        if place.allowed[SEEING] != revision {
            let is_directory = matches!(self.table.get(descriptor)?, Descriptor::Dir(_));
            allow_seeing(gate, &place.trail.path(), || is_directory)?;
            check_way(gate, &place.trail, Right::Read)?;
            place.allowed[SEEING] = revision;
        }
        Ok(())
    }

    /// Finds a path that the gate has allowed; what leads elsewhere is denied after all.
    pub(super) async fn find<'a>(
        &mut self,
        at: &Resource<Descriptor>,
        right: Right,
        named: &'a Named,
    ) -> FsResult<Found<'a>> {
        let own = self.files.own;
        let (mut dir, path, local) = self.begin(at, right, &named.path)?;
        let spot = if local {
            find(&dir.dir, path, own)
        } else {
            let (base, path) = (dir.dir.clone(), path.to_owned());
            on(local, move || find(&base, &path, own)).await?
        };
        let spot = spot.map_err(|astray| self.astray(right, &named.path, astray))?;
        dir.dir = spot.parent;
        let found = Found {
            dir,
            name: split(path).1.into(),
            seen: spot.seen,
            local,
        };
        match found.kind() {
            Some(FileType::Symlink) if named.is_directory => Err(self.astray(right, &named.path, Astray::Link)),
            Some(kind) if named.is_directory && kind != FileType::Directory => Err(ErrorCode::NotDirectory.into()),
            _ => Ok(found),
        }
    }

    /// Waits until nobody else gives or takes names where these paths are.
    pub(super) async fn naming(&mut self, paths: &[(&Resource<Descriptor>, &Named)]) -> FsResult<OwnedMutexGuard<()>> {
        let mut is_local = true;
        for (at, named) in paths {
            is_local &= self.begin(at, Right::Write, &named.path)?.2;
        }
        Ok(self.files.gate.naming(is_local).await)
    }

    /// The directory that a path is looked up in, and the path in it: a mount inside the open directory comes first.
    fn begin<'a>(&self, at: &Resource<Descriptor>, right: Right, path: &'a str) -> FsResult<(Dir, &'a str, bool)> {
        let place = self.place(at)?;
        let (gate, roots) = (&self.files.gate, &self.files.roots);
        check_way(gate, &place.trail, right)?;
        if !roots.holds(gate, path) {
            return Err(astray(gate, right, path));
        }
        let own = place.trail.path();
        let inside = roots.each.iter().filter_map(|root| {
            let is_inside = below(&root.guest, &own).is_some_and(|rest| !rest.is_empty());
            Some((root, below(path, &root.guest).filter(|_| is_inside)?))
        });
        if let Some((root, rest)) = inside.max_by_key(|(root, _)| root.guest.len()) {
            return Ok((root.dir.clone(), rest, root.local));
        }
        // A named path is below its directory.
        let rest = below(path, &own).ok_or(ErrorCode::Access)?;
        Ok((self.dir(at)?.clone(), rest, place.local))
    }

    /// What the guest is told of a path that leads elsewhere.
    pub(super) fn astray(&self, right: Right, path: &str, astray: Astray) -> FsError {
        let code = match astray {
            Astray::System(errno) => return std::io::Error::from(errno).into(),
            Astray::Link => ErrorCode::Loop,
            Astray::Special | Astray::Own | Astray::Program => ErrorCode::Access,
        };
        let refusal = match astray {
            Astray::Program => Refusal::NotGranted,
            _ => Refusal::LeadsElsewhere,
        };
        self.files.gate.deny(&right.to(path), refusal);
        code.into()
    }

    /// Refuses to change a program by a grant that spares what tools take.
    pub(super) fn allow_program(&self, path: &str, found: &Found<'_>) -> FsResult<()> {
        match found.seen {
            Some(seen) if seen.is_program && !self.files.gate.allows_programs(path) => {
                Err(self.astray(Right::Write, path, Astray::Program))
            }
            _ => Ok(()),
        }
    }

    /// Refuses to follow a link that is named itself.
    pub(super) fn refuse_following(
        &self,
        right: Right,
        path: &str,
        flags: PathFlags,
        found: &Found<'_>,
    ) -> FsResult<()> {
        let follows = flags.contains(PathFlags::SYMLINK_FOLLOW);
        match found.kind() {
            Some(FileType::Symlink) if follows => Err(self.astray(right, path, Astray::Link)),
            _ => Ok(()),
        }
    }

    /// Makes a directory a descriptor for wasmtime-wasi; it never comes to the guest, and is taken back after.
    pub(super) fn lend(&mut self, found: &Found<'_>) -> FsResult<Resource<Descriptor>> {
        Ok(self.table.push(Descriptor::Dir(found.dir.clone()))?)
    }

    /// Whether what an open descriptor is of may still be read or written.
    /// It is decided again only when what is granted has changed.
    pub(super) fn holds(&mut self, descriptor: &Resource<Descriptor>, right: Right) -> FsResult<&Place> {
        let gate = &self.files.gate;
        let place = self
            .files
            .places
            .get_mut(&descriptor.rep())
            .ok_or(ErrorCode::BadDescriptor)?;
        // Read before it is decided, so that a change in between is seen the next time.
        let revision = gate.revision();
        let allowed = &mut place.allowed[right as usize];
        if *allowed != Some(revision) {
            allow(gate, right, &place.trail.path())?;
            check_way(gate, &place.trail, right)?;
            *allowed = Some(revision);
        }
        Ok(place)
    }
}

/// The same where nothing can be awaited: other tasks of this thread go to another one meanwhile.
pub(super) fn waiting<T>(local: bool, work: impl FnOnce() -> T) -> T {
    let runtime = Handle::try_current().ok().map(|runtime| runtime.runtime_flavor());
    match runtime {
        Some(RuntimeFlavor::MultiThread) if !local => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// Does what takes the file system: on this thread, or on one that may wait.
pub(super) async fn on<T: Send + 'static>(local: bool, work: impl FnOnce() -> T + Send + 'static) -> FsResult<T> {
    if local {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(FsError::trap)
}
