//! What the host knows of an instance's files: its directories, and which guest path each open descriptor has.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, MetadataHashValue};

use super::bounds::MAX_OPEN;
use super::host_path::Identity;
use super::mount::{Root, roots};
use super::quota::Opened;
use super::slots::Slot;
use crate::capability::{Gate, below, is_within};
use crate::error::Error;
use crate::usage::Meter;

/// The files of one instance.
pub(crate) struct Files {
    pub(super) gate: Arc<Gate>,
    pub(super) meter: Meter,
    pub(super) roots: Vec<Root>,
    /// By the numbers of the descriptors in the table, which bounds how many there are.
    pub(super) places: HashMap<u32, Place>,
    /// The guest paths of the directories that are being listed, in the same way.
    pub(super) listings: HashMap<u32, Listing>,
    /// The paths of all that is open, also of streams whose descriptor is gone.
    trails: Vec<Weak<ArcSwap<String>>>,
    /// The state directory of this host, which nothing leads into.
    pub(super) own: Option<Identity>,
    /// Makes numbers of files that are the same within this instance and say nothing about the machine's.
    identities: RandomState,
    context: WasiFilesystemCtx,
}

/// What an open descriptor is of.
#[derive(Clone)]
pub(super) struct Place {
    /// Its guest path, which follows the moves that the instance makes.
    pub(super) trail: Trail,
    /// Held as long as it is open; none for what was open before.
    pub(super) slot: Option<Arc<Slot>>,
    /// The same for a file, of which more may be counted.
    pub(super) opened: Option<Arc<Opened>>,
    /// Whether the thread that runs the guest waits for it.
    pub(super) local: bool,
    /// The revisions of the grants at which reading and writing were last allowed.
    pub(super) allowed: [Option<u64>; 2],
}

/// The guest path of what is open, for everything that was made from it.
pub(super) type Trail = Arc<ArcSwap<String>>;

/// A directory that is being listed.
pub(super) struct Listing {
    pub(super) trail: Trail,
    pub(super) entries: usize,
}

impl Place {
    pub(super) fn new(path: String, local: bool) -> Self {
        Self {
            trail: Arc::new(ArcSwap::from_pointee(path)),
            slot: None,
            opened: None,
            local,
            allowed: [None; 2],
        }
    }

    pub(super) fn path(&self) -> Arc<String> {
        self.trail.load_full()
    }
}

/// The files beside the resources that they are among.
pub(crate) struct FilesView<'a> {
    pub(super) files: &'a mut Files,
    pub(super) table: &'a mut ResourceTable,
}

impl Files {
    /// Opens the directories of a new instance; none of them is, or leads to, the host's state directory `own`.
    pub(crate) fn new(gate: Arc<Gate>, meter: Meter, own: Option<&Path>) -> Result<Self, Error> {
        let roots = roots(&gate, own)?;
        Ok(Self {
            own: own.filter(|_| !roots.is_empty()).and_then(Identity::at),
            roots,
            gate,
            meter,
            places: HashMap::new(),
            listings: HashMap::new(),
            trails: Vec::new(),
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
            let moved = match below(&trail.load(), from) {
                Some("") => to.to_owned(),
                Some(rest) => format!("{to}/{rest}"),
                None => continue,
            };
            trail.store(Arc::new(moved));
        }
        for place in self.places.values_mut() {
            place.allowed = [None; 2];
        }
    }

    /// Whether a mount is at this path or below it: moving what is there does not move the mount.
    pub(super) fn holds_mount(&self, path: &str) -> bool {
        self.roots.iter().any(|root| is_within(&root.guest, path))
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
        // What is gone is forgotten before there is much of it.
        if self.files.trails.len() >= 2 * MAX_OPEN {
            self.files.trails.retain(|trail| trail.strong_count() > 0);
        }
        self.files.trails.push(Arc::downgrade(&place.trail));
        let descriptor = self.table.push(opened)?;
        self.files.places.insert(descriptor.rep(), place);
        Ok(descriptor)
    }

    /// Takes a descriptor back.
    pub(super) fn take_back(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        let number = descriptor.rep();
        self.table.delete(descriptor)?;
        self.files.places.remove(&number);
        Ok(())
    }
}

/// The same descriptor once more, to hand it to wasmtime-wasi.
pub(super) fn again(descriptor: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(descriptor.rep())
}
