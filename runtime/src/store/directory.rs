//! An open state directory: its lock, its blobs and its records.

use std::path::{Path, PathBuf};

use super::blobs::Blobs;
use super::lock::OwnerLock;
use super::records::{Batch, Records, Table};
use crate::component::Digest;
use crate::error::Error;

/// An open state directory.
#[derive(Debug)]
pub(crate) struct Store {
    directory: PathBuf,
    blobs: Blobs,
    records: Records,
    _lock: OwnerLock,
    _temporary: Option<tempfile::TempDir>,
}

impl Store {
    /// Opens the state directory, and makes it when it is missing.
    pub(crate) fn open(directory: &Path) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::store("making the directory", error);
        std::fs::create_dir_all(directory).map_err(failed)?;
        let directory = std::fs::canonicalize(directory).map_err(failed)?;
        let lock = OwnerLock::take(&directory)?;
        Ok(Self {
            blobs: Blobs::open(&directory)?,
            records: Records::open(&directory.join("store.redb"))?,
            directory,
            _lock: lock,
            _temporary: None,
        })
    }

    /// Opens a directory that goes away with the store.
    pub(crate) fn temporary() -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(|error| Error::store("making a temporary directory", error))?;
        let mut store = Self::open(folder.path())?;
        store._temporary = Some(folder);
        Ok(store)
    }

    /// The state directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps the bytes under their digest; they are on disk when this returns.
    pub(crate) fn keep(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        self.blobs.write(digest, bytes)
    }

    /// The bytes of this digest, verified.
    pub(crate) fn bytes(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        self.blobs.read(digest)
    }

    /// The record of this key, verified.
    pub(crate) fn read(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.records.read(table, key)
    }

    /// All records of a table, verified, in the order of their keys.
    pub(crate) fn list(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, Error> {
        self.records.list_from(table, "")
    }

    /// Writes all of the batch or nothing; it is on disk when this returns.
    pub(crate) fn commit(&self, batch: Batch) -> Result<(), Error> {
        self.records.commit(batch)
    }

    /// A number that was never issued before in this directory, once a batch that uses it is committed.
    pub(crate) fn next_id(&self) -> u64 {
        self.records.next_id()
    }
}
