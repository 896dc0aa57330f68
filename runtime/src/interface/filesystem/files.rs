//! What the host knows of an instance's files: its directories, and which guest path each open descriptor has.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, MetadataHashValue};

use super::bounds::MAX_OPEN;
use super::host_path::Identity;
use super::mount::{Roots, roots};
use super::trail::Trail;
use crate::capability::{Gate, is_within};
use crate::error::Error;
use crate::interface::Own;
use crate::usage::Meter;

/// The files of one instance.
pub(crate) struct Files {
    pub(super) gate: Arc<Gate>,
    pub(super) meter: Meter,
    pub(super) roots: Arc<Roots>,
    /// By the numbers of the descriptors in the table, which bounds how many there are.
    pub(super) places: BTreeMap<u32, Place>,
    /// The guest paths of the directories that are being listed, in the same way.
    pub(super) listings: BTreeMap<u32, Listing>,
    /// The paths of streams and listings whose descriptor is gone.
    trails: Vec<Weak<Trail>>,
    /// As many as there are streams of files on other machines, and one more.
    pub(super) remote_streams: Arc<()>,
    /// The state directory of this host, which nothing leads into.
    pub(super) own: Option<Identity>,
    /// Makes numbers of files that are the same within this instance and say nothing about the machine's.
    identities: RandomState,
    context: WasiFilesystemCtx,
}

/// What an open descriptor is of.
pub(super) struct Place {
    /// Its guest path, which follows the moves that the instance makes.
    pub(super) trail: Arc<Trail>,
    /// Whether the thread that runs the guest waits for it.
    pub(super) local: bool,
    /// The revisions of the grants at which reading, writing and seeing it were last allowed.
    pub(super) allowed: [Option<u64>; 3],
}

/// A directory that is being listed.
pub(super) struct Listing {
    pub(super) trail: Arc<Trail>,
    pub(super) entries: usize,
}

impl Place {
    pub(super) fn new(trail: Trail, local: bool) -> Self {
        Self {
            trail: Arc::new(trail),
            local,
            allowed: [None; 3],
        }
    }
}

/// The files beside the resources that they are among.
pub(crate) struct FilesView<'a> {
    pub(super) files: &'a mut Files,
    pub(super) table: &'a mut ResourceTable,
}

impl Files {
    /// Opens the directories of a new instance; none of them is, or leads to, what is the host's own.
    pub(crate) fn new(gate: Arc<Gate>, meter: Meter, own: &Own) -> Result<Self, Error> {
        let roots = roots(&gate, own)?;
        let state_dir = own.state_dir.as_deref();
        Ok(Self {
            own: state_dir.filter(|_| !roots.each.is_empty()).and_then(Identity::at),
            roots: Arc::new(roots),
            gate,
            meter,
            places: BTreeMap::new(),
            listings: BTreeMap::new(),
            trails: Vec::new(),
            remote_streams: Arc::default(),
            identities: RandomState::new(),
            context: WasiFilesystemCtx::default(),
        })
    }

    pub(crate) fn view<'a>(&'a mut self, table: &'a mut ResourceTable) -> FilesView<'a> {
        FilesView { files: self, table }
    }

    /// Has open descriptors, streams and listings decided on by the path that what they are of has now.
    pub(super) fn follow(&mut self, from: &str, to: &str) {
        for trail in self.trails.iter().filter_map(Weak::upgrade) {
            trail.follow(from, to);
        }
        for place in self.places.values_mut() {
            place.trail.follow(from, to);
            place.allowed = [None; 3];
        }
    }

    /// Whether a mount is at this path or below it: moving what is there does not move the mount.
    pub(super) fn holds_mount(&self, path: &str) -> bool {
        self.roots.each.iter().any(|root| is_within(&root.guest, path))
    }

    /// Whether a new instance would begin with other directories.
    pub(crate) fn are_outdated(&self) -> bool {
        self.roots.are_outdated(&self.gate)
    }

    /// Hides which file of the machine it is; equal files stay equal.
    pub(super) fn hidden(&self, hash: &MetadataHashValue) -> MetadataHashValue {
        let part = |number: u8| self.identities.hash_one((hash.lower, hash.upper, number));
        MetadataHashValue {
            lower: part(0),
            upper: part(1),
        }
    }
}

impl FilesView<'_> {
    /// wasmtime-wasi's own way to the same resources.
    pub(super) fn inner(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView {
            ctx: &mut self.files.context,
            table: self.table,
        }
    }

    pub(super) fn place(&self, descriptor: &Resource<Descriptor>) -> FsResult<&Place> {
        let place = self.files.places.get(&descriptor.rep());
        place.ok_or_else(|| ErrorCode::BadDescriptor.into())
    }

    pub(super) fn dir(&self, descriptor: &Resource<Descriptor>) -> FsResult<&Dir> {
        match self.table.get(descriptor)? {
            Descriptor::Dir(dir) => Ok(dir),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    /// Gives a descriptor to the guest.
    pub(super) fn hand_out(&mut self, opened: Descriptor, place: Place) -> FsResult<Resource<Descriptor>> {
        let descriptor = self.table.push(opened)?;
        self.files.places.insert(descriptor.rep(), place);
        Ok(descriptor)
    }

    /// Takes a descriptor back.
    pub(super) fn take_back(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        let number = descriptor.rep();
        self.table.delete(descriptor)?;
        let Some(place) = self.files.places.remove(&number) else {
            return Ok(());
        };
        // Whoever has it from here on was made from it, and none is made any more.
        if Arc::strong_count(&place.trail) > 1 {
            // What is gone is forgotten before there is much of it.
            if self.files.trails.len() >= 2 * MAX_OPEN {
                self.files.trails.retain(|trail| trail.strong_count() > 0);
            }
            self.files.trails.push(Arc::downgrade(&place.trail));
        }
        Ok(())
    }
}

/// The same descriptor once more, to hand it to wasmtime-wasi.
pub(super) fn again(descriptor: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(descriptor.rep())
}
