//! Components by the digest of their bytes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::component::Digest;
use crate::error::Error;

#[derive(Debug)]
pub(super) struct Blobs(PathBuf);

impl Blobs {
    pub(super) fn open(directory: &Path) -> Result<Self, Error> {
        let folder = directory.join("blobs").join("sha256");
        std::fs::create_dir_all(&folder).map_err(|error| Error::store("making the blobs' folder", error))?;
        Ok(Self(folder))
    }

    pub(super) fn write(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(digest);
        // What is there already is used only when it is whole; a damaged blob is replaced.
        if self.read(digest).is_ok() {
            return Ok(());
        }
        let write = || -> std::io::Result<()> {
            let mut aside = tempfile::NamedTempFile::new_in(&self.0)?;
            aside.write_all(bytes)?;
            aside.as_file().sync_all()?;
            aside.persist(path)?;
            // The name is durable only when the folder is.
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| Error::store("writing a component", error))
    }

    pub(super) fn read(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let bytes = std::fs::read(self.path(digest)).map_err(|error| Error::store("reading a component", error))?;
        if Digest::of(&bytes) != *digest {
            return Err(Error::Damaged {
                what: format!("the bytes of component {} changed", digest.short()),
            });
        }
        Ok(bytes)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.0.join(digest.to_string())
    }
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
}
