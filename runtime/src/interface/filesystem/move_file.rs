//! Operations with two paths: no file comes by them to where more may be done to it.

use rustix::fs::FileType;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor, PathFlags};

use super::FilesView;
use super::decide::{Found, Right, waiting};
use super::files::again;
use super::lexical::Named;
use super::seen::Seen;
use super::walk::Astray;
use crate::capability::{Access, Capability, Refusal};

/// Whether both are the same file, so that nothing is replaced.
fn are_one(one: &Found<'_>, other: &Found<'_>) -> bool {
    match (one.seen, other.seen) {
        (Some(one), Some(other)) => one.identity == other.identity,
        _ => false,
    }
}

/// Whether a file has more than one name.
fn has_other_names(file: &Found<'_>) -> FsResult<bool> {
    let seen = waiting(file.local, || Seen::at(&*file.dir.dir, &file.name)).map_err(std::io::Error::from)?;
    Ok(seen.links > 1)
}

impl FilesView<'_> {
    /// Gives a file a second name; both are names of the same file, so all must be allowed at both.
    pub(super) async fn link(
        &mut self,
        (from_at, from): (Resource<Descriptor>, String),
        (to_at, to): (Resource<Descriptor>, String),
    ) -> FsResult<()> {
        let from = self.named(&from_at, Right::Write, &from)?;
        let to = self.named(&to_at, Right::Write, &to)?;
        for path in [&from.path, &to.path] {
            self.allow(Right::Read, path)?;
            self.allow(Right::Write, path)?;
        }
        let naming = self.naming(&[(&from_at, &from), (&to_at, &to)]).await?;
        let source = self.find(&from_at, Right::Write, &from).await?;
        match source.kind() {
            Some(FileType::RegularFile) => {}
            Some(FileType::Directory) => return Err(ErrorCode::NotPermitted.into()),
            Some(kind) => return Err(self.not_a_file(&from.path, kind)),
            None => return Err(ErrorCode::NoEntry.into()),
        }
        let target = self.find(&to_at, Right::Write, &to).await?;
        if to.is_directory && target.seen.is_none() {
            return Err(ErrorCode::NoEntry.into());
        }
        self.allow_program(&from.path, &source)?;
        self.allow_program(&to.path, &target)?;
        self.charge_entry()?;
        let (old, new) = self.lend_both(&source, &target)?;
        let flags = PathFlags::empty();
        let made = self
            .inner()
            .link_at(
                again(&old),
                flags,
                source.name.into_owned(),
                again(&new),
                target.name.into_owned(),
            )
            .await;
        drop(naming);
        self.table.delete(old)?;
        self.table.delete(new)?;
        if made.is_err() {
            self.give_back_entry();
        }
        made
    }

    /// Gives a file or directory another name.
    pub(super) async fn rename(
        &mut self,
        (from_at, from): (Resource<Descriptor>, String),
        (to_at, to): (Resource<Descriptor>, String),
    ) -> FsResult<()> {
        let from = self.named(&from_at, Right::Write, &from)?;
        let to = self.named(&to_at, Right::Write, &to)?;
        self.allow(Right::Write, &from.path)?;
        self.allow(Right::Write, &to.path)?;
        if self.files.gate.would_allow(&Access::FileRead(&to.path)) {
            // What could not be read must not become readable.
            self.allow(Right::Read, &from.path)?;
        }
        let naming = self.naming(&[(&from_at, &from), (&to_at, &to)]).await?;
        let source = self.find(&from_at, Right::Write, &from).await?;
        if self.files.holds_mount(&from.path) || self.files.holds_mount(&to.path) {
            return Err(ErrorCode::Busy.into());
        }
        match source.kind() {
            // What is done by another name of it may be done to it wherever it goes, as with a link that is made there.
            Some(FileType::RegularFile) if has_other_names(&source)? => {
                self.allow(Right::Read, &from.path)?;
                self.allow(Right::Read, &to.path)?;
            }
            Some(FileType::RegularFile) => {}
            Some(FileType::Directory) => self.allow_moving_all(&from, &to)?,
            Some(kind) => return Err(self.not_a_file(&from.path, kind)),
            None => return Err(ErrorCode::NoEntry.into()),
        }
        let target = self.find(&to_at, Right::Write, &to).await?;
        if to.is_directory && target.seen.is_none() && source.kind() != Some(FileType::Directory) {
            return Err(ErrorCode::NotDirectory.into());
        }
        if source.name == "." || target.name == "." {
            return Err(ErrorCode::Busy.into());
        }
        self.allow_program(&from.path, &source)?;
        self.allow_program(&to.path, &target)?;
        let replaces = target.seen.is_some() && !are_one(&source, &target);
        let replaced = self.hold(&target).filter(|_| replaces);
        let (old, new) = self.lend_both(&source, &target)?;
        let moved = self
            .inner()
            .rename_at(
                again(&old),
                source.name.into_owned(),
                again(&new),
                target.name.into_owned(),
            )
            .await;
        self.table.delete(old)?;
        self.table.delete(new)?;
        if moved.is_ok() {
            self.files.follow(&from.path, &to.path);
            // Other instances may have it open by its old path.
            self.files.gate.moved();
            if replaces {
                self.give_back_entry();
            }
        }
        drop((replaced, naming));
        moved
    }

    /// A directory takes all that is in it along, so what may be done to all of it counts.
    fn allow_moving_all(&self, from: &Named, to: &Named) -> FsResult<()> {
        let gate = &self.files.gate;
        let (read, write) = (Capability::FileRead, Capability::FileWrite);
        // What is for tools comes neither to where it could be read or written, nor to where tools would take it.
        let is_equal = |capability: &Capability| {
            let extent = gate.allows_all_of(capability, &from.path);
            extent.is_some() && extent == gate.allows_all_of(capability, &to.path)
        };
        let may_write = is_equal(&write);
        // Whoever has it open goes on to read it, so that it does not go to where nothing is read either.
        let reads_any = |path: &str| gate.allows_any_of(&read, path);
        let may_read = is_equal(&read) || (!reads_any(&from.path) && !reads_any(&to.path));
        if may_write && may_read {
            return Ok(());
        }
        gate.deny(&Access::FileWrite(&from.path), Refusal::LeadsElsewhere);
        Err(ErrorCode::Access.into())
    }

    /// Refuses to move a link, which leads elsewhere from elsewhere, or a device.
    fn not_a_file(&self, path: &str, kind: FileType) -> wasmtime_wasi::p2::FsError {
        let astray = match kind {
            FileType::Symlink => Astray::Link,
            _ => Astray::Special,
        };
        self.astray(Right::Write, path, astray)
    }

    fn lend_both(
        &mut self,
        source: &Found<'_>,
        target: &Found<'_>,
    ) -> FsResult<(Resource<Descriptor>, Resource<Descriptor>)> {
        let old = self.lend(source)?;
        match self.lend(target) {
            Ok(new) => Ok((old, new)),
            Err(error) => {
                self.table.delete(old)?;
                Err(error)
            }
        }
    }
}
