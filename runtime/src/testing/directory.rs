//! Copies of directories for a guest: the same in every run, and never the originals.

use std::fs::{self, File, FileTimes};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::error::Error;
use super::project_file::{Place, stays_in};
use crate::interface::Directory;

/// Copies these directories, whose paths are relative to the folder of `place`, into temporary ones that go away with the result.
/// Everything in them was last changed at `time`.
pub(super) fn copy(
    directories: &[Directory],
    place: &Place,
    time: SystemTime,
) -> Result<(Vec<Directory>, Vec<TempDir>), Error> {
    let mut copies = Vec::new();
    let mut kept = Vec::new();
    for directory in directories {
        let failed = |(path, reason)| Error::File { path, reason };
        let from = place.folder.join(&directory.host);
        // A case may have come with a project, and a test that is written in Rust says what it means.
        let root = directory.host.is_relative().then(|| place.root());
        let root = root
            .transpose()
            .map_err(|reason| failed((place.folder.clone(), reason)))?;
        stays_in(&from, root.as_deref()).map_err(failed)?;
        let to = tempfile::tempdir().map_err(|reason| failed((std::env::temp_dir(), reason)))?;
        let root = root.as_deref();
        let mut copying = Copying { root, time, left: MOST };
        copying.below(&from, to.path()).map_err(failed)?;
        copies.push(Directory {
            host: to.path().to_owned(),
            ..directory.clone()
        });
        kept.push(to);
    }
    Ok((copies, kept))
}

/// How many bytes are copied for one directory of a case, each entry counting 4 KiB more.
const MOST: u64 = 1 << 30;
const ENTRY: u64 = 4 << 10;

/// A directory on its way.
struct Copying<'a> {
    root: Option<&'a Path>,
    time: SystemTime,
    /// How many bytes may still come.
    left: u64,
}

impl Copying<'_> {
    /// Copies what is in one directory into another; an error names the path.
    fn below(&mut self, from: &Path, to: &Path) -> Result<(), (PathBuf, io::Error)> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |reason| (path, reason)
        };
        let entries: io::Result<Vec<_>> = fs::read_dir(from).map_err(failed(from))?.collect();
        let mut entries = entries.map_err(failed(from))?;
        // The order in which some file systems list them is that in which they were made.
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            self.take(ENTRY).map_err(failed(&path))?;
            let target = to.join(entry.file_name());
            let kind = entry.file_type().map_err(failed(&path))?;
            if kind.is_dir() {
                fs::create_dir(&target).map_err(failed(&path))?;
                self.below(&path, &target)?;
            } else if fs::metadata(&path).map_err(failed(&path))?.is_file() {
                stays_in(&path, self.root)?;
                // Of a link to a file the file is copied, and without its mode: a fixture may be read-only.
                let original = File::open(&path).map_err(failed(&path))?;
                let mut copied = File::create_new(&target).map_err(failed(&path))?;
                // One more than there may be, so that it is seen.
                let length = io::copy(&mut original.take(self.left + 1), &mut copied).map_err(failed(&path))?;
                self.take(length).map_err(failed(&path))?;
                touch(&copied, self.time).map_err(failed(&path))?;
            } else {
                let reason = io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a folder");
                return Err((path, reason));
            }
        }
        let folder = File::open(to).map_err(failed(from))?;
        touch(&folder, self.time).map_err(failed(from))
    }

    fn take(&mut self, bytes: u64) -> io::Result<()> {
        let left = self.left.checked_sub(bytes).ok_or_else(|| {
            let reason = format!("the directory has more than {MOST} bytes, each entry counting {ENTRY} more");
            io::Error::new(io::ErrorKind::FileTooLarge, reason)
        })?;
        self.left = left;
        Ok(())
    }
}

fn touch(file: &File, time: SystemTime) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(time).set_accessed(time))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn place(folder: &Path) -> Place {
        Place {
            folder: folder.to_owned(),
            project: None,
        }
    }

    #[test]
    fn a_directory_that_is_too_large_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("from")).unwrap();
        fs::create_dir(folder.path().join("to")).unwrap();
        let holes = File::create(folder.path().join("from/holes")).unwrap();
        holes.set_len(100_000).unwrap();
        for (left, fits) in [
            (100_000 + ENTRY, true),
            (100_000 + ENTRY - 1, false),
            (ENTRY - 1, false),
        ] {
            let (root, time) = (None, SystemTime::UNIX_EPOCH);
            let mut copying = Copying { root, time, left };
            let copied = copying.below(&folder.path().join("from"), &folder.path().join("to"));
            assert_eq!(copied.is_ok(), fits, "{left}");
            let _ = fs::remove_file(folder.path().join("to/holes"));
        }
    }

    #[test]
    fn a_copy_has_everything_and_one_time() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("data/deep")).unwrap();
        let original = folder.path().join("data/deep/a");
        fs::write(&original, "a").unwrap();
        let mut read_only = fs::metadata(&original).unwrap().permissions();
        read_only.set_readonly(true);
        fs::set_permissions(&original, read_only).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let directory = Directory {
            guest: "/data".into(),
            host: "data".into(),
            writable: true,
        };
        let (copies, kept) = copy(&[directory], &place(folder.path()), time).unwrap();
        let copied = copies[0].host.join("deep/a");
        assert_eq!(fs::read_to_string(&copied).unwrap(), "a");
        assert!(!fs::metadata(&copied).unwrap().permissions().readonly());
        for path in [&copied, &copies[0].host.join("deep"), &copies[0].host] {
            assert_eq!(
                fs::metadata(path).unwrap().modified().unwrap(),
                time,
                "{}",
                path.display()
            );
        }
        drop(kept);
        assert!(!copied.exists());
    }

    #[test]
    fn nothing_outside_of_the_project_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let cases = folder.path().join("project/tests/cases");
        fs::create_dir_all(cases.join("data")).unwrap();
        fs::create_dir_all(folder.path().join("project/shared")).unwrap();
        // Whatever is further up, the project is what holds the cases.
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        fs::write(folder.path().join("secrets/key"), "").unwrap();
        let copied = |host: &str| {
            let directory = Directory {
                guest: "/data".into(),
                host: host.into(),
                writable: false,
            };
            copy(&[directory], &place(&cases), SystemTime::UNIX_EPOCH).map(drop)
        };
        copied("data").unwrap();
        copied("../../shared").unwrap();
        let error = copied("../../../secrets").unwrap_err().to_string();
        assert!(error.ends_with("../../../secrets cannot be used"), "{error}");
        std::os::unix::fs::symlink("../../../../secrets/key", cases.join("data/link")).unwrap();
        assert!(copied("data").is_err());
        fs::remove_file(cases.join("data/link")).unwrap();
        std::os::unix::fs::symlink("../../../secrets", cases.join("linked")).unwrap();
        assert!(copied("linked").is_err());
    }

    #[test]
    fn a_directory_that_is_missing_is_named() {
        let directory = Directory {
            guest: "/data".into(),
            host: "nowhere".into(),
            writable: false,
        };
        let error = copy(&[directory], &place(Path::new("/")), SystemTime::now()).unwrap_err();
        assert_eq!(error.to_string(), "/nowhere cannot be used");
    }
}
