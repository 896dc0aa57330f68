//! Files and folders that are there themselves: a state directory may have come along with a project, with links in it
//! that lead to what its user has elsewhere.

use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::OFlags;

/// Flags for opening: neither follows a link nor waits for the other end of a pipe.
pub(super) fn no_links() -> i32 {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    i32::try_from(flags.bits()).unwrap_or(0)
}

/// Whether there is a file; anything else of this name is an error.
pub(super) fn is_file(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) if found.is_symlink() => Err(io::Error::other("it is a link, and should be a file")),
        Ok(_) => Err(io::Error::other("it is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a folder; one that is there is as good, anything else of this name is an error.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    match path.symlink_metadata()?.is_dir() {
        true => Ok(()),
        false => Err(io::Error::other("it is no folder, and should be one")),
    }
}
