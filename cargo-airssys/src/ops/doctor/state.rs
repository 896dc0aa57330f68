//! The state directory that commands in this folder use.

use std::fs::{self, TryLockError};
use std::path::Path;

use super::check::{Check, Place};
use super::folder;
use crate::bounded;
use crate::shell::size;

/// The file on which the process that owns a state directory holds a lock, and into which it writes its id.
const LOCK: &str = "lock";

pub(super) fn look(place: &Place) -> Vec<Check> {
    vec![of_directory(&place.state.directory)]
}

fn of_directory(directory: &Path) -> Check {
    let name = "state.directory";
    let shown = directory.display();
    let Ok(found) = fs::metadata(directory) else {
        return if folder::is_writable(directory) {
            Check::later(name, format!("{shown} is made by the first deployment"))
        } else {
            Check::missing(name, format!("{shown} cannot be made here"))
                .advise("go to a folder of your own, or name another with `--state-dir DIR`")
        };
    };
    let another = "use your own with `--state-dir DIR`, or run the command as its owner";
    #[cfg(unix)]
    {
        let owner = std::os::unix::fs::MetadataExt::uid(&found);
        if owner != rustix::process::geteuid().as_raw() {
            return Check::missing(name, format!("{shown} belongs to user {owner}")).advise(another);
        }
    }
    if !found.is_dir() || !folder::is_writable(directory) {
        return Check::missing(name, format!("{shown} cannot be written")).advise(another);
    }
    let used = match owner(directory) {
        Ok(Owner::Nobody) => "in use by nobody".into(),
        Ok(Owner::Process(id)) => format!("in use by process {id}"),
        Ok(Owner::Unknown) => "in use by another process".into(),
        Err(error) => {
            let file = directory.join(LOCK);
            return Check::missing(name, format!("{} cannot be read: {error}", file.display())).advise(another);
        }
    };
    Check::ok(
        name,
        format!("{shown}, {}, yours, {used}", size(folder::size(directory))),
    )
}

#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Nobody,
    Process(u32),
    Unknown,
}

/// Whose the directory is at this moment; the lock is only tried, and given back at once.
fn owner(directory: &Path) -> std::io::Result<Owner> {
    let file = match bounded::open(&directory.join(LOCK), bounded::MAX_TEXT) {
        Ok(file) => file,
        // Nothing was ever deployed in it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Owner::Nobody),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Owner::Nobody),
        Err(TryLockError::WouldBlock) => {
            let id = bounded::text(&directory.join(LOCK)).unwrap_or_default();
            Ok(id.trim().parse().map_or(Owner::Unknown, Owner::Process))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::ops::doctor::Status;

    #[test]
    fn who_uses_a_directory_is_told() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(owner(directory.path()).unwrap(), Owner::Nobody);
        fs::write(directory.path().join(LOCK), "4711").unwrap();
        assert_eq!(owner(directory.path()).unwrap(), Owner::Nobody);
        let file = File::open(directory.path().join(LOCK)).unwrap();
        file.lock().unwrap();
        assert_eq!(owner(directory.path()).unwrap(), Owner::Process(4711));
        let check = of_directory(directory.path());
        assert!(check.found.ends_with("in use by process 4711"), "{}", check.found);
        assert_eq!(check.status, Status::Ok);
        // Nobody writes to this one.
        fs::remove_file(directory.path().join(LOCK)).unwrap();
        let (lock, mode) = (directory.path().join(LOCK), rustix::fs::Mode::RUSR);
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(owner(directory.path()).is_err());
    }

    #[test]
    fn a_directory_that_is_not_there_is_made_later() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join(".airssys");
        assert_eq!(of_directory(&directory).status, Status::Later);
        fs::write(&directory, "a file").unwrap();
        assert_eq!(of_directory(&directory).status, Status::Missing);
        assert_eq!(of_directory(&directory.join("below")).status, Status::Missing);
    }
}
