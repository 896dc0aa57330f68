//! Components by the digest of their bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::real::{make_folder, no_links};
use crate::component::{Digest, MAX_COMPONENT_BYTES};
use crate::error::Error;

/// What the names of files begin with until they are whole.
const ASIDE: &str = ".tmp";

#[derive(Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
    /// Shared by those that write, so that what they write is not taken for what an interrupted write left.
    writing: RwLock<()>,
}

impl Blobs {
    pub(super) fn open(directory: &Path) -> Result<Self, Error> {
        let folder = directory.join("blobs").join("sha256");
        // A link would have files swept away wherever it leads.
        let made = make_folder(&directory.join("blobs")).and_then(|()| make_folder(&folder));
        made.map_err(|error| Error::store("making the blobs' folder", error))?;
        Ok(Self {
            folder,
            writing: RwLock::default(),
        })
    }

    pub(super) fn write(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(digest);
        // What is there already is used only when it is whole; a damaged blob is replaced.
        if self.read(digest).is_ok() {
            return Ok(());
        }
        let _writing = self.writing.read().unwrap_or_else(PoisonError::into_inner);
        let write = || -> std::io::Result<()> {
            let mut aside = tempfile::Builder::new().prefix(ASIDE).tempfile_in(&self.folder)?;
            aside.write_all(bytes)?;
            aside.as_file().sync_all()?;
            aside.persist(path)?;
            self.sync()
        };
        write().map_err(|error| Error::store("writing a component", error))
    }

    pub(super) fn read(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut options = File::options();
            let file = options.read(true).custom_flags(no_links()).open(self.path(digest))?;
            if !file.metadata()?.is_file() {
                return Err(std::io::Error::other("it is no file"));
            }
            let mut bytes = Vec::new();
            // One byte more shows what is too large, whose digest is another then.
            file.take(MAX_COMPONENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error| Error::store("reading a component", error))?;
        if Digest::of(&bytes) != *digest {
            return Err(Error::Damaged {
                what: format!("the bytes of component {} changed", digest.short()),
            });
        }
        Ok(bytes)
    }

    pub(super) fn holds(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    pub(super) fn remove(&self, digest: &Digest) -> Result<(), Error> {
        let removed = std::fs::remove_file(self.path(digest)).and_then(|()| self.sync());
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::store("removing a component", error)),
            _ => Ok(()),
        }
    }

    pub(super) fn sweep(&self, needed: &HashSet<Digest>) -> Result<Vec<Digest>, Error> {
        let _alone = self.writing.write().unwrap_or_else(PoisonError::into_inner);
        let mut removed = Vec::new();
        let mut sweep = || -> std::io::Result<()> {
            for entry in std::fs::read_dir(&self.folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let Some(name) = name.to_str().filter(|_| entry.path().is_file()) else {
                    continue;
                };
                match digest_of(name) {
                    Some(digest) if !needed.contains(&digest) => {
                        std::fs::remove_file(entry.path())?;
                        removed.push(digest);
                    }
                    None if name.starts_with(ASIDE) => std::fs::remove_file(entry.path())?,
                    _ => {}
                }
            }
            self.sync()
        };
        sweep().map_err(|error| Error::store("removing components", error))?;
        Ok(removed)
    }

    /// The names of files are durable only when the folder is.
    fn sync(&self) -> std::io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }
}

/// The digest whose blob has this name; other spellings of a digest are names of something else.
fn digest_of(name: &str) -> Option<Digest> {
    let digest: Digest = name.parse().ok()?;
    (digest.to_string() == name).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_seen_and_mended_by_writing_again() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let digest = Digest::of(b"bytes");
        blobs.write(&digest, b"bytes").unwrap();
        std::fs::write(blobs.path(&digest), b"byteS").unwrap();
        assert_eq!(blobs.read(&digest).unwrap_err().code().as_str(), "store-damaged");
        blobs.write(&digest, b"bytes").unwrap();
        assert_eq!(blobs.read(&digest).unwrap(), b"bytes");
    }

    #[test]
    fn sweeping_removes_other_components_and_what_interrupted_writes_left() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let [kept, gone] = [b"kept", b"gone"].map(|bytes| Digest::of(bytes));
        blobs.write(&kept, b"kept").unwrap();
        blobs.write(&gone, b"gone").unwrap();
        let others = [
            gone.to_string().to_uppercase(),
            "notes.txt".into(),
            format!("{gone}.bak"),
        ];
        for name in others.iter().map(String::as_str).chain([".tmpA1b2C3"]) {
            std::fs::write(blobs.folder.join(name), b"").unwrap();
        }
        std::fs::create_dir(blobs.folder.join(Digest::of(b"folder").to_string())).unwrap();
        assert_eq!(blobs.sweep(&HashSet::from([kept])).unwrap(), [gone]);
        assert!(blobs.holds(&kept) && !blobs.holds(&gone));
        assert!(others.iter().all(|name| blobs.folder.join(name).exists()));
        assert!(!blobs.folder.join(".tmpA1b2C3").exists());
        assert!(blobs.sweep(&HashSet::from([kept])).unwrap().is_empty());
    }
}
