//! An open state directory: its lock, its blobs and its records.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::blobs::Blobs;
use super::lock::OwnerLock;
use super::real::keep_private;
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
        // States and configurations are nobody else's business.
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let directory = std::fs::canonicalize(directory).map_err(failed)?;
        let lock = OwnerLock::take(&directory)?;
        let records = Records::open(&directory.join("store.redb"))?;
        // A directory that was made beforehand, or came along, may be open to others.
        for name in ["lock", "store.redb"] {
            keep_private(&directory.join(name)).map_err(failed)?;
        }
        Ok(Self {
            blobs: Blobs::open(&directory)?,
            records,
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

    /// Whether there are bytes of this digest; they are not read.
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.blobs.holds(digest)
    }

    /// Removes the bytes of this digest, if there are any.
    pub(crate) fn forget(&self, digest: &Digest) -> Result<(), Error> {
        self.blobs.remove(digest)
    }

    /// Removes the bytes of all other digests, and what interrupted writes left; returns the digests that are gone.
    ///
    /// What is kept and not yet recorded has to be in the set as well.
    pub(crate) fn sweep(&self, needed: &HashSet<Digest>) -> Result<Vec<Digest>, Error> {
        self.blobs.sweep(needed)
    }

    /// The record of this key, verified.
    pub(crate) fn read(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.records.read(table, key)
    }

    /// All records of a table, verified, in the order of their keys.
    pub(crate) fn list(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, Error> {
        self.records.list_from(table, "")
    }

    /// The records of a table whose keys begin with `prefix`, verified, in the order of their keys.
    pub(crate) fn list_from(&self, table: Table, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        self.records.list_from(table, prefix)
    }

    /// Shows the records of a table, verified, the last key first, until `visit` has seen enough.
    pub(crate) fn scan_back(
        &self,
        table: Table,
        visit: impl FnMut(&str, &[u8]) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.records.scan_back(table, visit)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_listed_by_the_beginning_of_their_keys() {
        let store = Store::temporary().unwrap();
        let keys = ["a", "a@1", "a@2", "a-b@1", "b@1", "ä@1"];
        let batch = keys.iter().fold(Batch::default(), |batch, key| {
            batch.put(Table::Releases, *key, key.as_bytes().to_vec())
        });
        store.commit(batch).unwrap();
        let listed = |prefix| -> Vec<String> {
            let listed = store.list_from(Table::Releases, prefix).unwrap();
            assert!(listed.iter().all(|(key, record)| key.as_bytes() == record));
            listed.into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(listed("a@"), ["a@1", "a@2"]);
        assert_eq!(listed("a"), ["a", "a-b@1", "a@1", "a@2"]);
        assert_eq!(listed("ä"), ["ä@1"]);
        assert_eq!(listed("c"), [""; 0]);
        assert_eq!(listed("").len(), keys.len());
        assert_eq!(store.list(Table::Releases).unwrap().len(), keys.len());
        assert!(store.list_from(Table::Routes, "a").unwrap().is_empty());
    }

    #[test]
    fn components_are_forgotten_one_by_one_or_all_but_a_few() {
        let store = Store::temporary().unwrap();
        let digests = [b"a", b"b", b"c"].map(|bytes| {
            let digest = Digest::of(bytes);
            store.keep(&digest, bytes).unwrap();
            digest
        });
        store.forget(&digests[0]).unwrap();
        store.forget(&digests[0]).unwrap();
        assert_eq!(digests.map(|digest| store.holds(&digest)), [false, true, true]);
        assert_eq!(store.sweep(&HashSet::from([digests[1]])).unwrap(), [digests[2]]);
        assert_eq!(digests.map(|digest| store.holds(&digest)), [false, true, false]);
        assert_eq!(store.bytes(&digests[1]).unwrap(), b"b");
    }
}
