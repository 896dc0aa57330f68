//! What a component's files grow by: charged before it is there, and given back when it is gone.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::fs::FileType;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::FilesView;
use super::decide::Found;
use super::host_path::Identity;
use super::seen::Seen;
use crate::usage::Meter;

/// What a file or directory takes beside its bytes, so that there is an end to empty ones.
const ENTRY: u64 = 4 << 10;

/// A file that is to be removed, as it was before.
pub(super) struct Removed {
    identity: Identity,
    bytes: u64,
    has_other_names: bool,
}

/// Counts a file as open until this is dropped.
#[derive(Debug)]
pub(super) struct Opened {
    meter: Meter,
    identity: Identity,
}

impl Opened {
    pub(super) fn new(meter: Meter, identity: Identity) -> Arc<Self> {
        meter.open_file(identity.into());
        Arc::new(Self { meter, identity })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.meter.close_file(self.identity.into());
    }
}

/// Lets a file become as large as this; it is charged with what it grows by, which is returned.
pub(super) fn grow(meter: &Meter, file: &File, end: u64) -> io::Result<Option<u64>> {
    let growth = end.saturating_sub(file.metadata()?.len());
    Ok(meter.grow_files(growth).then_some(growth))
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

    /// Gives back what a file had that is gone, as far as it has no other name and nobody has it open.
    pub(super) fn give_back(&self, removed: Option<Removed>) {
        self.give_back_entry();
        if let Some(removed) = removed.filter(|removed| !removed.has_other_names) {
            self.files.meter.remove_file(removed.identity.into(), removed.bytes);
        }
    }
}

/// What there is to give back when the file that was found is removed or replaced.
pub(super) fn before_removal(found: &Found<'_>) -> Option<Removed> {
    let seen = regular(found)?;
    Some(Removed {
        identity: seen.identity,
        bytes: seen.size,
        has_other_names: seen.links > 1,
    })
}

/// Whether both are the same file, so that nothing is replaced.
pub(super) fn are_one(one: &Found<'_>, other: &Found<'_>) -> bool {
    match (regular(one), regular(other)) {
        (Some(one), Some(other)) => one.identity == other.identity,
        _ => false,
    }
}

/// How large the file that was found is.
pub(super) fn size(found: &Found<'_>) -> u64 {
    regular(found).map_or(0, |seen| seen.size)
}

fn regular(found: &Found<'_>) -> Option<Seen> {
    found.seen.filter(|seen| seen.kind == FileType::RegularFile)
}
