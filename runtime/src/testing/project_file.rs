//! Files that a case names: they are its project's, because a case may have come with one from elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::Error;
use crate::component::MAX_MESSAGE_BYTES;

/// Reads a file that is named relative to the folder of a case, and is at most as long as a message.
pub(super) fn read(folder: &Path, name: &Path) -> Result<Vec<u8>, Error> {
    read_bounded(folder, name, MAX_MESSAGE_BYTES as u64)
}

/// The same for one that is at most so long.
pub(super) fn read_bounded(folder: &Path, name: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let path = folder.join(name);
    let read = || -> io::Result<Vec<u8>> {
        let root = project_of(folder)?;
        stays_in(&path, Some(&root)).map_err(|(_, reason)| reason)?;
        all_of(&path, most)
    };
    read().map_err(|reason| Error::File { path, reason })
}

/// Reads a regular file that has at most so many bytes.
pub(super) fn all_of(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if open(path)?.take(most + 1).read_to_end(&mut bytes)? as u64 > most {
        let reason = format!("it has more than {most} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// Opens a file without waiting for anybody: what is a pipe or a device is refused.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    // Looked at before, because opening a device may already do something.
    let refused = || io::Error::new(ErrorKind::InvalidInput, "it is no regular file");
    if !fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(refused());
    }
    Ok(file)
}

/// The project that a folder is in, without links; the folder itself when it is in none.
pub(super) fn project_of(folder: &Path) -> io::Result<PathBuf> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let folder = fs::canonicalize(folder)?;
    // One of another language has no Component.toml perhaps, and lies in a repository of somebody else's.
    let marks = ["Component.toml", "Cargo.toml", ".git"];
    let is_project = |folder: &&Path| marks.iter().any(|mark| fs::symlink_metadata(folder.join(mark)).is_ok());
    let project = folder.ancestors().find(is_project);
    Ok(project.unwrap_or(&folder).to_owned())
}

/// Refuses what is outside of the project.
pub(super) fn stays_in(path: &Path, root: Option<&Path>) -> Result<(), (PathBuf, io::Error)> {
    let Some(root) = root else { return Ok(()) };
    let found = fs::canonicalize(path).map_err(|reason| (path.to_owned(), reason))?;
    match found.starts_with(root) {
        true => Ok(()),
        false => {
            let reason = format!("it is outside of the project {}", root.display());
            Err((path.to_owned(), io::Error::new(ErrorKind::PermissionDenied, reason)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_of_the_project_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let cases = folder.path().join("project/tests/cases");
        fs::create_dir_all(&cases).unwrap();
        fs::write(folder.path().join("project/Component.toml"), "").unwrap();
        fs::write(folder.path().join("key"), "secret").unwrap();
        fs::write(cases.join("a.bin"), "a").unwrap();
        fs::write(folder.path().join("project/b"), "b").unwrap();
        symlink("../../../key", cases.join("link")).unwrap();
        symlink("/dev/zero", cases.join("endless")).unwrap();
        let named = |name: &str| read(&cases, Path::new(name));
        assert_eq!(named("a.bin").unwrap(), b"a");
        assert_eq!(named("../../b").unwrap(), b"b");
        for refused in ["../../../key", "link", "endless", "missing", "."] {
            assert!(named(refused).is_err(), "{refused}");
        }
        let pipe = cases.join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        assert!(named("pipe").is_err());
        File::create(cases.join("large"))
            .unwrap()
            .set_len(MAX_MESSAGE_BYTES as u64 + 1)
            .unwrap();
        assert!(named("large").is_err());
    }
}
