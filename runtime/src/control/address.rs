//! Where the socket is: its file in the state directory, and how it is reached when the path is long.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// The name of the socket in its state directory.
pub(super) const SOCKET: &str = "control.sock";

/// A path that fits into the address of a socket.
#[derive(Debug)]
pub(super) struct Address {
    path: PathBuf,
    /// What a shortened path leads through.
    _directory: Option<OwnedFd>,
}

/// The file of a socket that this process listens on; it goes away with this value, if it is still that file.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Address {
    /// The address of a socket at this path.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // An address has room for 108 bytes on Linux, and a path may have 4,096.
        match SocketAddr::from_pathname(path) {
            Ok(_) => Ok(Self {
                path: path.to_owned(),
                _directory: None,
            }),
            Err(error) => match (path.parent(), path.file_name()) {
                (Some(parent), Some(name)) if cfg!(target_os = "linux") => Self::through(parent, name),
                _ => Err(error),
            },
        }
    }

    /// The address through an open directory, by the name that Linux gives it.
    fn through(directory: &Path, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory, flags, Mode::empty())?;
        Ok(Self {
            path: Path::new("/proc/self/fd")
                .join(directory.as_raw_fd().to_string())
                .join(name),
            _directory: Some(directory),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Listens on a new socket in this directory, in place of whatever is there under its name.
///
/// Nobody else may use it at any moment: it is made where nobody else can come, and moved when its mode is set.
/// Moving it also replaces what a process left that was killed, and a symbolic link rather than what that leads to.
pub(super) fn bind(directory: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let private = tempfile::Builder::new()
        .prefix(".control-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(directory)?;
    let made = private.path().join(SOCKET);
    let listener = UnixListener::bind(Address::of(&made)?.path())?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    let file = SocketFile {
        path: directory.join(SOCKET),
        identity: identity(&made)?,
    };
    fs::rename(&made, &file.path)?;
    Ok((listener, file))
}

/// Which file is at this path, symbolic links not followed.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // A file that stays is replaced by the next owner.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_is_removed_by_who_made_it_and_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(SOCKET);
        let (_first, older) = bind(directory.path()).unwrap();
        let (_second, newer) = bind(directory.path()).unwrap();
        drop(older);
        assert!(UnixStream::connect(&path).is_ok());
        drop(newer);
        assert!(!path.exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
