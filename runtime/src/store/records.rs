//! Records in one embedded database, each with a schema version and a checksum that are verified when it is read.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};

use super::database::{self, begin_write, failed, guarded};
use super::seal::{seal, unseal};
use crate::error::Error;

/// What is said to fail once the database is open.
const READING: &str = "reading a record";
const WRITING: &str = "writing records";

/// The tables of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// Releases by `name@version`.
    Releases,
    /// Routes by the component's name.
    Routes,
    /// Deployments by their id.
    Deployments,
    /// Saved states by the component's name.
    States,
    /// What concerns the database itself.
    Directory,
    /// What an operator granted and revoked, by the component's name.
    Permissions,
}

impl Table {
    pub(super) const ALL: [Self; 6] = [
        Self::Releases,
        Self::Routes,
        Self::Deployments,
        Self::States,
        Self::Directory,
        Self::Permissions,
    ];

    fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(match self {
            Self::Releases => "releases",
            Self::Routes => "routes",
            Self::Deployments => "deployments",
            Self::States => "states",
            Self::Directory => "directory",
            Self::Permissions => "permissions",
        })
    }
}

/// The key under which the next id is kept.
const NEXT_ID: &str = "next-id";

/// Changes that are made together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Batch(Vec<(Table, String, Option<Vec<u8>>)>);

impl Batch {
    /// Sets a record.
    pub(crate) fn put(mut self, table: Table, key: impl Into<String>, record: Vec<u8>) -> Self {
        self.0.push((table, key.into(), Some(record)));
        self
    }

    /// Removes a record, if it is there.
    pub(crate) fn delete(mut self, table: Table, key: impl Into<String>) -> Self {
        self.0.push((table, key.into(), None));
        self
    }
}

#[derive(Debug)]
pub(super) struct Records {
    database: Database,
    next_id: AtomicU64,
}

impl Records {
    pub(super) fn open(file: &Path) -> Result<Self, Error> {
        Self::over(database::open(file)?)
    }

    /// The records of an open database.
    pub(super) fn over(database: Database) -> Result<Self, Error> {
        let records = Self {
            database,
            next_id: AtomicU64::new(1),
        };
        guarded(|| records.make_tables())?;
        let next = records.read(Table::Directory, NEXT_ID)?;
        let next = next
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(1, u64::from_le_bytes);
        records.next_id.store(next, Ordering::Relaxed);
        Ok(records)
    }

    /// Tables are made once, so that reading never finds one missing.
    fn make_tables(&self) -> Result<(), Error> {
        let existing = self.database.begin_read().map_err(failed(database::OPENING))?;
        let listed = existing.list_tables().map_err(failed(database::OPENING))?;
        if listed.count() == Table::ALL.len() {
            return Ok(());
        }
        let transaction = begin_write(&self.database, database::MAKING)?;
        for table in Table::ALL {
            transaction
                .open_table(table.definition())
                .map_err(failed(database::MAKING))?;
        }
        transaction.commit().map_err(failed(database::MAKING))
    }

    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn read(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Error> {
        guarded(|| {
            let found = self.table(table)?.get(key).map_err(failed(READING))?;
            found.map(|guard| unseal(table, key, guard.value())).transpose()
        })
    }

    /// The records whose keys begin with `prefix`, in the order of their keys.
    pub(super) fn list_from(&self, table: Table, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        guarded(|| {
            let mut records = Vec::new();
            for entry in self.table(table)?.range(prefix..).map_err(failed(READING))? {
                let (key, record) = entry.map_err(failed(READING))?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                records.push((key.value().to_owned(), unseal(table, key.value(), record.value())?));
            }
            Ok(records)
        })
    }

    /// Shows the records of a table, the last key first, until `visit` has seen enough.
    pub(super) fn scan_back(
        &self,
        table: Table,
        mut visit: impl FnMut(&str, &[u8]) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        guarded(|| {
            for entry in self
                .table(table)?
                .range("".."\u{10ffff}")
                .map_err(failed(READING))?
                .rev()
            {
                let (key, record) = entry.map_err(failed(READING))?;
                let record = unseal(table, key.value(), record.value())?;
                if visit(key.value(), &record)?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// A table as it is now.
    fn table(&self, table: Table) -> Result<ReadOnlyTable<&'static str, &'static [u8]>, Error> {
        let transaction = self.database.begin_read().map_err(failed(READING))?;
        transaction.open_table(table.definition()).map_err(failed(READING))
    }

    pub(super) fn commit(&self, batch: Batch) -> Result<(), Error> {
        let next_id = self.next_id.load(Ordering::Relaxed).to_le_bytes().to_vec();
        guarded(|| {
            let transaction = begin_write(&self.database, WRITING)?;
            for (table, key, record) in batch.put(Table::Directory, NEXT_ID, next_id).0 {
                let mut opened = transaction.open_table(table.definition()).map_err(failed(WRITING))?;
                match record {
                    Some(record) => {
                        let sealed = seal(table, &key, &record);
                        opened
                            .insert(key.as_str(), sealed.as_slice())
                            .map_err(failed(WRITING))?;
                    }
                    None => {
                        opened.remove(key.as_str()).map_err(failed(WRITING))?;
                    }
                }
            }
            transaction.commit().map_err(failed(WRITING))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_shown_from_the_last_until_enough_were_seen() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(&folder.path().join("store.redb")).unwrap();
        let put = |batch: Batch, key| batch.put(Table::Routes, key, b"record".to_vec());
        records
            .commit(["a", "b", "c"].into_iter().fold(Batch::default(), put))
            .unwrap();
        let mut seen = Vec::new();
        let visit = |key: &str, _: &[u8]| {
            seen.push(key.to_owned());
            Ok(match key {
                "b" => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        };
        records.scan_back(Table::Routes, visit).unwrap();
        assert_eq!(seen, ["c", "b"]);
    }

    #[test]
    fn records_and_ids_survive_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.redb");
        let records = Records::open(&file).unwrap();
        let id = records.next_id();
        records
            .commit(Batch::default().put(Table::Routes, "a", b"one".to_vec()))
            .unwrap();
        drop(records);
        let records = Records::open(&file).unwrap();
        assert_eq!(records.read(Table::Routes, "a").unwrap().unwrap(), b"one");
        assert_eq!(
            records.list_from(Table::Routes, "").unwrap(),
            [("a".to_owned(), b"one".to_vec())]
        );
        assert!(records.next_id() > id);
        records.commit(Batch::default().delete(Table::Routes, "a")).unwrap();
        assert_eq!(records.read(Table::Routes, "a").unwrap(), None);
    }
}
