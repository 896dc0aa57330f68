//! Where logs are: two files for each component, the older of which is replaced when the newer is full.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::component::ComponentName;

/// How large a file grows before it becomes the older one.
const FULL: u64 = 4 << 20;

/// The folder of logs in a state directory.
pub(super) fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("logs")
}

/// The newer file of a component; no name has a `_`, so that no two share one.
pub(super) fn newer(folder: &Path, name: &ComponentName) -> PathBuf {
    folder.join(format!("{}.jsonl", name.as_str().replace(':', "_")))
}

/// The older file of a component.
pub(super) fn older(folder: &Path, name: &ComponentName) -> PathBuf {
    newer(folder, name).with_extension("old.jsonl")
}

/// Opens a log to read it; none when there is none.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    let opened = OpenOptions::new().read(true).custom_flags(no_links()).open(path);
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Err(io::Error::other("it is no file")),
    }
}

/// Neither follows a link nor waits for the other end of a pipe.
fn no_links() -> i32 {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    i32::try_from(flags.bits()).unwrap_or(0)
}

/// The newer file of a component, open to append.
#[derive(Debug)]
pub(super) struct Appending {
    file: File,
    size: u64,
}

impl Appending {
    pub(super) fn open(folder: &Path, name: &ComponentName) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // What lies there already may come from elsewhere, as the whole folder may.
        if !folder.symlink_metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(no_links())
            .open(newer(folder, name))?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }

    /// Appends whole lines.
    pub(super) fn append(&mut self, folder: &Path, name: &ComponentName, lines: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + lines.len() as u64 > FULL {
            fs::rename(newer(folder, name), older(folder, name))?;
            *self = Self::open(folder, name)?;
        }
        self.file.write_all(lines)?;
        self.size += lines.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_becomes_the_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let name: ComponentName = "acme:a".parse().unwrap();
        let mut file = Appending::open(folder.path(), &name).unwrap();
        let half = vec![b'x'; 3 << 20];
        for _ in 0..3 {
            file.append(folder.path(), &name, &half).unwrap();
        }
        let size = |path: PathBuf| fs::metadata(path).unwrap().len();
        assert_eq!(size(newer(folder.path(), &name)), 3 << 20);
        assert_eq!(size(older(folder.path(), &name)), 3 << 20);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let name: ComponentName = "a".parse().unwrap();
        let target = folder.path().join("target");
        std::os::unix::fs::symlink(&target, newer(folder.path(), &name)).unwrap();
        assert!(Appending::open(folder.path(), &name).is_err());
        assert!(!target.exists());
    }
}
