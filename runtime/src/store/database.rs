//! Opens the database so that what is read from it is what was written, or an error.

use std::fs::File;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{Builder, Database, DatabaseError, WriteTransaction};

use super::real::is_file;
use crate::error::Error;

/// What is said to fail while the database is opened or made.
pub(super) const OPENING: &str = "opening the database";
pub(super) const MAKING: &str = "making the database";

/// Opens the database in a file, and makes it when there is no such file.
pub(super) fn open(file: &Path) -> Result<Database, Error> {
    if !is_file(file).map_err(|error| Error::store(OPENING, error))? {
        make(file)?;
    }
    verified(|builder| builder.open(file))
}

/// Makes a database aside, and gives it its name when it is whole.
///
/// redb cannot open what is left when its own creation is cut off.
/// This way a file that is empty or has no header is damage and nothing else.
fn make(file: &Path) -> Result<(), Error> {
    let aside = file.with_extension("new");
    let failed_io = |error| Error::store(MAKING, error);
    match std::fs::remove_file(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed_io(error)),
        _ => {}
    }
    drop(Database::create(&aside).map_err(failed(MAKING))?);
    let rename = || -> std::io::Result<()> {
        File::open(&aside)?.sync_all()?;
        std::fs::rename(&aside, file)?;
        // The name is durable only when the folder is.
        file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    rename().map_err(failed_io)
}

/// Opens a database, and verifies all of it.
///
/// redb verifies its pages only when it repairs a database that was not closed.
/// After a clean shutdown it reads them as they are, and a damaged page can hide records without a word.
/// This takes about 10 ms for a small database, most of it two syncs, and 60 ms for one of 80 MB.
pub(super) fn verified(open: impl FnOnce(&Builder) -> Result<Database, DatabaseError>) -> Result<Database, Error> {
    let repaired = Arc::new(AtomicBool::new(false));
    let seen = repaired.clone();
    let mut builder = Builder::new();
    builder.set_repair_callback(move |_| seen.store(true, Ordering::Relaxed));
    guarded(|| {
        let mut database = open(&builder).map_err(failed(OPENING))?;
        if !repaired.load(Ordering::Relaxed) {
            // What it mends, and tells, is only redb's account of free pages: every commit has two phases, so that a
            // newest state that is damaged is an error and never exchanged for the one before.
            database.check_integrity().map_err(failed(OPENING))?;
        }
        Ok(database)
    })
}

/// Begins a write whose commit has two phases: all of it is synced before it becomes the newest state.
///
/// redb keeps a commit whole with one phase as well, but then takes a damaged newest state for a commit that a crash
/// cut off, and goes back to the one before: what was promised to be on disk would be lost without a word.
pub(super) fn begin_write(database: &Database, operation: &'static str) -> Result<WriteTransaction, Error> {
    let mut transaction = database.begin_write().map_err(failed(operation))?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

/// Runs what reads or writes the database.
///
/// Some damaged pages make redb 4 panic: while it opens a database it slices by lengths and takes types that it reads
/// from pages before it verifies them.
/// What a panic leaves half done is redb's to unwind: it drops the transaction, and rebuilds its account of free pages
/// when it next opens the database.
pub(super) fn guarded<T>(operation: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(AssertUnwindSafe(operation)).unwrap_or_else(|_| {
        Err(Error::Damaged {
            what: "the database cannot be made sense of".into(),
        })
    })
}

/// Tells damage from failures of the system.
pub(super) fn failed<E: Into<redb::Error>>(operation: &'static str) -> impl Fn(E) -> Error {
    move |error| match error.into() {
        redb::Error::Corrupted(what) => Error::Damaged { what },
        // redb's words for a file that is no database or ends too early.
        redb::Error::Io(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
            Error::Damaged {
                what: error.to_string(),
            }
        }
        // No version of airssys-wasm has written the older formats of redb.
        error @ redb::Error::UpgradeRequired(_) => Error::Damaged {
            what: error.to_string(),
        },
        error => Error::store(operation, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_creation_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.redb");
        std::fs::write(file.with_extension("new"), [0; 5000]).unwrap();
        drop(open(&file).unwrap());
        drop(open(&file).unwrap());
        assert!(!file.with_extension("new").exists());
    }

    #[test]
    fn a_file_that_is_no_database_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.redb");
        let text = b"not a database, but long enough to look at".repeat(200);
        for length in [0, 1, 9, 320, text.len()] {
            std::fs::write(&file, &text[..length]).unwrap();
            assert_eq!(open(&file).unwrap_err().code().as_str(), "store-damaged", "{length}");
            assert_eq!(std::fs::read(&file).unwrap(), text[..length], "it is left as it is");
        }
    }
}
