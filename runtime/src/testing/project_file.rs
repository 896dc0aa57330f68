//! Files that a case names: they are its project's, because a case may have come with one from elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use super::error::Error;
use crate::component::MAX_MESSAGE_BYTES;

/// The name of the folder that a project has its cases in.
const CASES: &str = "tests/cases";

/// The folder that files are named relative to, and the project that they are in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// None when nobody has said it: then it is what holds `tests/cases`, by the name of the folder, or else the folder.
    pub(super) project: Option<PathBuf>,
}

impl Place {
    /// Reads a file that is at most as long as a message.
    pub(super) fn read(&self, name: &Path) -> Result<Vec<u8>, Error> {
        self.read_bounded(name, MAX_MESSAGE_BYTES as u64)
    }

    /// The same for one that is at most so long.
    pub(super) fn read_bounded(&self, name: &Path, most: u64) -> Result<Vec<u8>, Error> {
        let path = self.folder.join(name);
        let read = || -> io::Result<Vec<u8>> {
            let root = self.root()?;
            stays_in(&path, Some(&root)).map_err(|(_, reason)| reason)?;
            all_of(&path, most)
        };
        read().map_err(|reason| Error::File { path, reason })
    }

    /// The project, without links.
    pub(super) fn root(&self) -> io::Result<PathBuf> {
        match &self.project {
            Some(project) => fs::canonicalize(project),
            None => fs::canonicalize(holder(&self.folder)?),
        }
    }
}

/// What holds the `tests/cases` that a folder is in by its path, whatever is further up or where links lead; else the
/// folder itself.
fn holder(folder: &Path) -> io::Result<PathBuf> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let mut plain = PathBuf::new();
    for part in std::path::absolute(folder)?.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    let cases = plain.ancestors().find(|folder| folder.ends_with(CASES));
    let holder = cases.and_then(|cases| cases.ancestors().nth(2));
    Ok(holder.unwrap_or(&plain).to_owned())
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
        // Whatever is further up, the project is what holds the cases.
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join("key"), "secret").unwrap();
        fs::write(cases.join("a.bin"), "a").unwrap();
        fs::write(folder.path().join("project/b"), "b").unwrap();
        symlink("../../../key", cases.join("link")).unwrap();
        symlink("/dev/zero", cases.join("endless")).unwrap();
        let place = Place {
            folder: cases.clone(),
            project: None,
        };
        let named = |name: &str| place.read(Path::new(name));
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
    #[test]
    fn the_project_is_what_was_said_or_holds_the_cases_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("a/tests/cases/deep")).unwrap();
        fs::create_dir_all(root.join("a/tests/host")).unwrap();
        fs::create_dir_all(root.join("b/tests")).unwrap();
        symlink("../../a/tests/cases", root.join("b/tests/cases")).unwrap();
        let project = |folder: &str, project: Option<&str>| {
            let place = Place {
                folder: root.join(folder),
                project: project.map(|project| root.join(project)),
            };
            place.root().unwrap()
        };
        assert_eq!(project("a/tests/cases", None), root.join("a"));
        assert_eq!(project("a/tests/cases/deep", None), root.join("a"));
        assert_eq!(project("a/tests/host/../cases", None), root.join("a"));
        assert_eq!(project("a/tests/host", None), root.join("a/tests/host"));
        assert_eq!(project("b/tests/cases", None), root.join("b"));
        assert_eq!(project("a/tests/cases", Some("b")), root.join("b"));
        fs::write(root.join("a/tests/cases/f"), "").unwrap();
        let linked = Place {
            folder: root.join("b/tests/cases"),
            project: None,
        };
        assert!(linked.read(Path::new("f")).is_err());
    }
}
