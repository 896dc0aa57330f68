//! Listing a directory: what the guest may not see is not in it.

use rustix::fs::{Dir, FileType};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDescriptor, HostDirectoryEntryStream,
};

use super::FilesView;
use super::bounds::{MAX_ENTRIES, MAX_LISTINGS};
use super::decide::{Right, check_way, may_see, on};
use super::files::{Listing, again};
use super::mount::lend;

/// How many entries a directory has that is read at once by the thread that runs the guest.
const SMALL: usize = 256;

/// How many entries that a guest may not see are passed over before others have their turn.
const HIDDEN_AT_ONCE: usize = 16;

impl FilesView<'_> {
    pub(super) async fn list(&mut self, descriptor: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        let directory = self.dir(&descriptor)?.dir.clone();
        let place = self.holds(&descriptor, Right::Read)?;
        let (trail, local) = (place.trail.clone(), place.local);
        if self.files.listings.len() >= MAX_LISTINGS {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        // All entries are read at once, so they are counted first.
        let first = directory.clone();
        let mut entries = on(local, move || count(&first, SMALL + 1)).await??;
        let is_small = entries <= SMALL;
        let gate = self.files.gate.clone();
        let _turn = if is_small { None } else { gate.listing().await };
        if !is_small {
            let all = directory.clone();
            entries = on(false, move || count(&all, MAX_ENTRIES + 1)).await??;
        }
        let held: usize = self.files.listings.values().map(|listing| listing.entries).sum();
        if held + entries > MAX_ENTRIES {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        let listing = if is_small {
            self.inner().read_directory(again(&descriptor)).await?
        } else {
            // The thread that runs the guest has others to run meanwhile.
            let handle = directory.try_clone().map_err(ErrorCode::from)?;
            let lent = self.table.push(Descriptor::Dir(lend(handle, false)))?;
            let listing = self.inner().read_directory(again(&lent)).await;
            self.table.delete(lent)?;
            listing?
        };
        self.files.listings.insert(listing.rep(), Listing { trail, entries });
        Ok(listing)
    }

    /// Whether an entry is shown in a listing.
    fn shows(&self, directory: &str, entry: &DirectoryEntry) -> bool {
        let path = format!("{}/{}", directory.trim_end_matches('/'), entry.name);
        let gate = &self.files.gate;
        may_see(gate, &path) || (entry.type_ == DescriptorType::Directory && gate.leads_below(&path))
    }
}

/// Counts the entries of a directory, up to so many.
fn count(directory: &std::fs::File, most: usize) -> Result<usize, ErrorCode> {
    let failed = |errno| ErrorCode::from(std::io::Error::from(errno));
    let entries = Dir::read_from(directory).map_err(failed)?;
    // Also `.` and `..`, which a listing does not have.
    let mut number = 0;
    for entry in entries.take(most + 2) {
        let entry = entry.map_err(failed)?;
        let is_own = entry.file_type() == FileType::Directory && matches!(entry.file_name().to_bytes(), b"." | b"..");
        number += usize::from(!is_own);
    }
    Ok(number)
}

impl HostDirectoryEntryStream for FilesView<'_> {
    async fn read_directory_entry(
        &mut self,
        listing: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let trail = match self.files.listings.get(&listing.rep()) {
            Some(listing) => &listing.trail,
            None => return Err(ErrorCode::BadDescriptor.into()),
        };
        let path = trail.path().clone();
        self.allow(Right::Read, &path)?;
        check_way(&self.files.gate, trail, Right::Read)?;
        for hidden in 1.. {
            // Deciding on many names takes long, and others have their turns and the call its deadline meanwhile.
            if hidden % HIDDEN_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
            let again = Resource::new_borrow(listing.rep());
            match self.inner().read_directory_entry(again).await {
                Ok(Some(entry)) if !self.shows(&path, &entry) => {}
                // A name that is no UTF-8 cannot be named by a guest.
                Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::IllegalByteSequence)) => {}
                other => return other,
            }
        }
        Ok(None)
    }

    fn drop(&mut self, listing: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        let number = listing.rep();
        HostDirectoryEntryStream::drop(&mut self.inner(), listing)?;
        self.files.listings.remove(&number);
        Ok(())
    }
}
