//! What a component's files grow by: charged before it is there, and given back when it is gone.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, openat};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::FilesView;
use super::decide::{Found, waiting};
use super::host_path::Identity;
use crate::usage::{Length, Meter, OpenFile};

/// What a file or directory takes beside its bytes, so that there is an end to empty ones.
pub(super) const ENTRY: u64 = 4 << 10;

/// Opens what is removed, to look at it after.
#[cfg(target_os = "linux")]
const LOOK: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const LOOK: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK);

/// Counts a file as open until this is dropped: when it is gone by then, what it took comes back.
#[derive(Debug)]
pub(super) struct Opened {
    meter: Meter,
    identity: Identity,
    handle: Arc<File>,
    /// Whether the file system answers at once.
    local: bool,
    file: Arc<OpenFile>,
}

/// A change of a file that is paid for; what it does not take comes back when it is ended.
#[must_use]
#[derive(Debug)]
pub(super) struct Change(Arc<Opened>);

impl Opened {
    pub(super) fn new(meter: Meter, identity: Identity, handle: Arc<File>, local: bool) -> Arc<Self> {
        let file = meter.open_file(identity.into());
        Arc::new(Self {
            meter,
            identity,
            handle,
            local,
            file,
        })
    }

    /// Begins a change after which the file is at most as long as `end` says of the length that it has now.
    /// None when the component may not have as much.
    pub(super) fn begin(self: &Arc<Self>, end: impl FnOnce(u64) -> u64) -> io::Result<Option<Change>> {
        let pay = |growth| self.meter.grow_files(growth);
        let is_paid = waiting(self.local, || self.file.begin(|| self.look(), end, pay))?;
        Ok(is_paid.then(|| Change(self.clone())))
    }

    fn look(&self) -> io::Result<Length> {
        let found = self.handle.metadata()?;
        Ok(Length {
            bytes: found.len(),
            is_nameless: found.nlink() == 0,
        })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // What nobody has changed or removed gives nothing back.
        waiting(self.local, || {
            let found = self.file.is_found().then(|| self.look().ok()).flatten();
            self.meter.close_file(self.identity.into(), &self.file, found);
        });
    }
}

impl Change {
    /// It has been made, or has failed. One of which that is not known is dropped instead, and keeps what it has paid.
    pub(super) fn end(self) {
        let opened = &self.0;
        waiting(opened.local, || {
            let back = opened.file.end(|| opened.look().ok().map(|found| found.bytes));
            opened.meter.shrink_files(back);
        });
    }
}

impl FilesView<'_> {
    /// Charges a file or directory that is to be made.
    pub(super) fn charge_entry(&self) -> FsResult<()> {
        match self.files.meter.grow_files(ENTRY) {
            true => Ok(()),
            false => Err(ErrorCode::Quota.into()),
        }
    }

    /// What was to be made was not, or is gone again.
    pub(super) fn give_back_entry(&self) {
        self.files.meter.shrink_files(ENTRY);
    }

    /// Counts a file as open that is about to be removed or replaced, so that it is seen whether it is gone after.
    pub(super) fn hold(&self, found: &Found<'_>) -> Option<Arc<Opened>> {
        if found.kind() != Some(FileType::RegularFile) {
            return None;
        }
        waiting(found.local, || {
            let flags = LOOK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            // What cannot be looked at is not given back.
            let handle = openat(&*found.dir.dir, &*found.name, flags, Mode::empty()).ok()?;
            let handle = Arc::new(File::from(handle));
            let is_file = handle.metadata().is_ok_and(|found| found.is_file());
            let identity = is_file.then(|| Identity::of_file(&handle).ok()).flatten()?;
            let opened = Opened::new(self.files.meter.clone(), identity, handle, found.local);
            opened.file.find(|| opened.look()).ok()?;
            Some(opened)
        })
    }
}
