//! Files and folders that are there themselves: a state directory may have come along with a project, with links in it
//! that lead to what its user has elsewhere.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// Flags for opening: neither follows a link nor waits for the other end of a pipe.
pub(super) fn no_links() -> i32 {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    i32::try_from(flags.bits()).unwrap_or(0)
}

/// Takes a file's rights from everybody but its owner.
pub(super) fn keep_private(path: &Path) -> io::Result<()> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(no_links())
        .open(path)?;
    let mode = file.metadata()?.permissions().mode();
    match mode & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(Permissions::from_mode(mode & 0o700)),
    }
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
