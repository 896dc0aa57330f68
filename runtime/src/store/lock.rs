//! One owner: the lock that keeps a second process out of a state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::real::no_links;
use crate::error::Error;

/// How often an owner tries while others only look whether there is one, and how long it waits between.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(2);

/// Held as long as the state directory is owned; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct OwnerLock(File);

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
            // Whoever can open it can hold it.
            .mode(0o600)
            // The directory may come from elsewhere, and the file is emptied.
            .custom_flags(no_links())
            .open(path)
            .map_err(failed)?;
        match try_lock(&file, || thread::sleep(PAUSE)) {
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

impl Drop for OwnerLock {
    /// Releases the lock for every duplicate of the file: a process that another thread is just starting has one until
    /// its program runs, and would keep the next owner out.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Takes the lock unless it has an owner.
///
/// Who looks whether there is one, such as `doctor`, shares the lock for a moment; that keeps nobody out.
fn try_lock(file: &File, mut pause: impl FnMut()) -> Result<(), TryLockError> {
    for _ in 1..ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {}
            taken => return taken,
        }
        // An owner shares it with nobody, so that there is none when this can be done.
        file.try_lock_shared()?;
        file.unlock().map_err(TryLockError::Error)?;
        pause();
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(directory: &Path) -> File {
        File::open(directory.join("lock")).unwrap()
    }

    #[test]
    fn who_only_looks_does_not_keep_an_owner_out() {
        let directory = tempfile::tempdir().unwrap();
        drop(OwnerLock::take(directory.path()).unwrap());
        let looking = file(directory.path());
        looking.try_lock_shared().unwrap();
        let owner = file(directory.path());
        let mut pauses = 0;
        let taken = try_lock(&owner, || {
            pauses += 1;
            if pauses == 3 {
                looking.unlock().unwrap();
            }
        });
        assert!(taken.is_ok());
        assert_eq!(pauses, 3);
        owner.unlock().unwrap();
        looking.try_lock_shared().unwrap();
        assert!(try_lock(&owner, || {}).is_err(), "not for ever");
    }

    #[test]
    fn a_second_owner_is_kept_out() {
        let directory = tempfile::tempdir().unwrap();
        let first = OwnerLock::take(directory.path()).unwrap();
        let second = OwnerLock::take(directory.path()).unwrap_err();
        assert!(matches!(second, Error::StateInUse { process: Some(id), .. } if id == std::process::id()));
        // What a process that is being started has of it.
        let _duplicate = first.0.try_clone().unwrap();
        drop(first);
        OwnerLock::take(directory.path()).unwrap();
    }
}
