//! Opens the database so that what is read from it is what was written, or an error.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{Builder, Database, DatabaseError};

use crate::error::Error;

/// What is said to fail while the database is opened or made.
const OPENING: &str = "opening the database";
const MAKING: &str = "making the database";

/// Opens the database in a file, and makes it when there is no such file.
pub(super) fn open(file: &Path) -> Result<Database, Error> {
    if !file.try_exists().map_err(|error| Error::store(OPENING, error))? {
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
pub(super) fn verified(open: impl FnOnce(&Builder) -> Result<Database, DatabaseError>) -> Result<Database, Error> {
    let repaired = Arc::new(AtomicBool::new(false));
    let seen = repaired.clone();
    let mut builder = Builder::new();
    builder.set_repair_callback(move |_| seen.store(true, Ordering::Relaxed));
    let mut database = open(&builder).map_err(failed(OPENING))?;
    if !repaired.load(Ordering::Relaxed) {
        database.check_integrity().map_err(failed(OPENING))?;
    }
    Ok(database)
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
        error => Error::store(operation, error),
    }
}
