//! `wasi:filesystem/types`: each operation is decided on first, and then wasmtime-wasi's with one name in a handle.

use rustix::fs::FileType;
use rustix::io::Errno;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode, Filesize, Host,
    HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use super::FilesView;
use super::bounds::{MAX_FILE_BYTES, MAX_READ_BYTES, MAX_WRITE_BYTES};
use super::decide::{Found, Right, may_see};
use super::files::again;
use super::lexical::Named;
use super::quota::Change;
use super::seen::coarsened;
use super::walk::Astray;
use crate::capability::Refusal;

impl Host for FilesView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        // The library does not know this one.
        let cause = self.table.get(&error)?.downcast_ref::<std::io::Error>();
        if cause.is_some_and(|cause| cause.raw_os_error() == Some(Errno::DQUOT.raw_os_error())) {
            return Ok(Some(ErrorCode::Quota));
        }
        self.inner().filesystem_error_code(error)
    }
}

impl FilesView<'_> {
    /// Finds a path that is only looked at.
    async fn look<'a>(&mut self, at: &Resource<Descriptor>, flags: PathFlags, named: &'a Named) -> FsResult<Found<'a>> {
        let sees = may_see(&self.files.gate, &named.path);
        if !sees {
            self.allow_seeing(&named.path, || true)?;
        }
        let found = self.find(at, Right::Read, named).await?;
        if !sees {
            // What is on the way to something granted is a directory, or it is not seen after all.
            self.allow_seeing(&named.path, || found.kind() == Some(FileType::Directory))?;
        }
        self.refuse_following(Right::Read, &named.path, flags, &found)?;
        Ok(found)
    }

    /// Begins a change of an open file after which it ends at most here.
    fn begin_change(&self, descriptor: &Resource<Descriptor>, end: Filesize) -> FsResult<Change> {
        let opened = self.place(descriptor)?.trail.opened().ok_or(ErrorCode::BadDescriptor)?;
        opened.begin(|_| end)?.ok_or_else(|| ErrorCode::Quota.into())
    }

    /// Finds a path whose entry in its directory is changed.
    async fn find_to_change<'a>(&mut self, at: &Resource<Descriptor>, named: &'a Named) -> FsResult<Found<'a>> {
        self.allow(Right::Write, &named.path)?;
        self.find(at, Right::Write, named).await
    }
}

/// Refuses a file that would become larger than one may be.
fn within_bounds(offset: Filesize, length: usize) -> FsResult<()> {
    let end = u64::try_from(length).ok().and_then(|length| offset.checked_add(length));
    match end.is_some_and(|end| end <= MAX_FILE_BYTES) {
        true => Ok(()),
        false => Err(ErrorCode::FileTooLarge.into()),
    }
}

impl HostDescriptor for FilesView<'_> {
    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        self.holds(&fd, Right::Read)?;
        self.inner().advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.sees(&fd)?;
        self.inner().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        self.inner().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        self.inner().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        self.holds(&fd, Right::Write)?;
        within_bounds(size, 0)?;
        let change = self.begin_change(&fd, size)?;
        let set = self.inner().set_size(fd, size).await;
        change.end();
        set
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.holds(&fd, Right::Write)?;
        self.inner().set_times(fd, accessed, modified).await
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        self.holds(&fd, Right::Read)?;
        self.inner().read(fd, length.min(MAX_READ_BYTES as u64), offset).await
    }

    async fn write(&mut self, fd: Resource<Descriptor>, mut bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        // It says how many are written, so that the guest goes on with the rest.
        bytes.truncate(MAX_WRITE_BYTES);
        self.holds(&fd, Right::Write)?;
        within_bounds(offset, bytes.len())?;
        let change = self.begin_change(&fd, offset.saturating_add(bytes.len() as u64))?;
        let written = self.inner().write(fd, bytes, offset).await;
        change.end();
        written
    }

    async fn read_directory(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        self.list(fd).await
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.sees(&fd)?;
        self.inner().sync(fd).await
    }

    async fn create_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let named = self.named(&fd, Right::Write, &path)?;
        let found = self.find_to_change(&fd, &named).await?;
        self.charge_entry()?;
        let at = self.lend(&found)?;
        let made = self
            .inner()
            .create_directory_at(again(&at), found.name.into_owned())
            .await;
        self.table.delete(at)?;
        if made.is_err() {
            self.give_back_entry();
        }
        made
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        self.sees(&fd)?;
        self.inner().stat(fd).await.map(coarsened)
    }

    async fn stat_at(&mut self, fd: Resource<Descriptor>, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let named = self.named(&fd, Right::Read, &path)?;
        // What was seen when it was found is what is told, so that it is looked at once.
        let seen = self.look(&fd, flags, &named).await?.seen;
        Ok(seen.ok_or(ErrorCode::NoEntry)?.to_guest())
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let named = self.named(&fd, Right::Write, &path)?;
        let found = self.find_to_change(&fd, &named).await?;
        self.refuse_following(Right::Write, &named.path, flags, &found)?;
        let at = self.lend(&found)?;
        let set = match &*found.name {
            "." => self.inner().set_times(again(&at), accessed, modified).await,
            name => {
                let (flags, name) = (PathFlags::empty(), name.to_owned());
                self.inner()
                    .set_times_at(again(&at), flags, name, accessed, modified)
                    .await
            }
        };
        self.table.delete(at)?;
        set
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        to: Resource<Descriptor>,
        to_path: String,
    ) -> FsResult<()> {
        if flags.contains(PathFlags::SYMLINK_FOLLOW) {
            return Err(ErrorCode::Invalid.into());
        }
        self.link((fd, path), (to, to_path)).await
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        _: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        // A link is not followed, whether the guest says so or not.
        self.open(fd, path, open, flags).await
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.take_back(fd)
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        let named = self.named(&fd, Right::Read, &path)?;
        self.allow(Right::Read, &named.path)?;
        match self.find(&fd, Right::Read, &named).await?.kind() {
            // A link holds a path of this machine.
            Some(FileType::Symlink) => Err(self.astray(Right::Read, &named.path, Astray::Link)),
            Some(_) => Err(ErrorCode::Invalid.into()),
            None => Err(ErrorCode::NoEntry.into()),
        }
    }

    async fn remove_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let named = self.named(&fd, Right::Write, &path)?;
        let naming = self.naming(&[(&fd, &named)]).await?;
        let found = self.find_to_change(&fd, &named).await?;
        if found.name == "." {
            return Err(ErrorCode::Busy.into());
        }
        let at = self.lend(&found)?;
        let removed = self
            .inner()
            .remove_directory_at(again(&at), found.name.into_owned())
            .await;
        drop(naming);
        self.table.delete(at)?;
        if removed.is_ok() {
            self.give_back_entry();
        }
        removed
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
        to: Resource<Descriptor>,
        to_path: String,
    ) -> FsResult<()> {
        self.rename((fd, path), (to, to_path)).await
    }

    async fn symlink_at(&mut self, fd: Resource<Descriptor>, _: String, path: String) -> FsResult<()> {
        let named = self.named(&fd, Right::Write, &path)?;
        self.allow(Right::Write, &named.path)?;
        // Other programs of this machine would follow it.
        self.files
            .gate
            .deny(&Right::Write.to(&named.path), Refusal::LeadsElsewhere);
        Err(ErrorCode::NotPermitted.into())
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let named = self.named(&fd, Right::Write, &path)?;
        let naming = self.naming(&[(&fd, &named)]).await?;
        let found = self.find_to_change(&fd, &named).await?;
        if found.kind() == Some(FileType::Directory) {
            return Err(ErrorCode::IsDirectory.into());
        }
        self.allow_program(&named.path, &found)?;
        let at = self.lend(&found)?;
        let held = self.hold(&found);
        let removed = self.inner().unlink_file_at(again(&at), found.name.into_owned()).await;
        self.table.delete(at)?;
        drop((held, naming));
        if removed.is_ok() {
            self.give_back_entry();
        }
        removed
    }

    fn read_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        self.input(fd, offset)
    }

    fn write_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        within_bounds(offset, 0)?;
        self.output(fd, Some(offset))
    }

    fn append_via_stream(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        self.output(fd, None)
    }

    async fn is_same_object(
        &mut self,
        one: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        self.inner().is_same_object(one, other).await
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        self.sees(&fd)?;
        let hash = self.inner().metadata_hash(fd).await?;
        Ok(self.files.hidden(&hash))
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let named = self.named(&fd, Right::Read, &path)?;
        let found = self.look(&fd, flags, &named).await?;
        let at = self.lend(&found)?;
        let hash = self
            .inner()
            .metadata_hash_at(again(&at), PathFlags::empty(), found.name.into_owned())
            .await;
        self.table.delete(at)?;
        Ok(self.files.hidden(&hash?))
    }
}
