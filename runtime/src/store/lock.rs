//! One owner: the lock that keeps a second process out of a state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::Error;

/// Held as long as the state directory is owned; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct OwnerLock(#[expect(dead_code, reason = "held for its lock")] File);

impl OwnerLock {
    /// Takes the lock and leaves this process's id in its file, for the message that others get.
    pub(super) fn take(directory: &Path) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::store("locking the directory", error);
        let path = directory.join("lock");
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.take(32).read_to_string(&mut text);
                return Err(Error::StateInUse {
                    directory: directory.to_owned(),
                    process: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let id = std::process::id().to_string();
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(id.as_bytes()));
        written.map_err(failed)?;
        Ok(Self(file))
    }
}
