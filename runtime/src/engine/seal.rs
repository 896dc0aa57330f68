//! What only this user can have recorded.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::sealed::{KEY, key};
use crate::audit::make_key_folder;

/// Marks records with the key that also protects compiled code, so that nobody who brings a state directory along
/// brings along records of his own.
pub(crate) struct Seal([u8; KEY]);

impl Seal {
    /// Takes the key from this file, which is made when it is missing.
    pub(crate) fn open(key_file: &Path) -> std::io::Result<Self> {
        make_key_folder(key_file)?;
        key(key_file).map(Self)
    }

    /// The same for what is kept in this directory alone: a record that is taken from it to another counts for nothing
    /// there.
    pub(crate) fn within(&self, directory: &Path) -> Self {
        let mut mac = self.keyed();
        mac.update(b"directory\n");
        mac.update(directory.as_os_str().as_encoded_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    /// The mark of what is recorded under a name.
    pub(crate) fn mark(&self, name: &str, record: &[u8]) -> String {
        STANDARD.encode(self.mac(name, record).finalize().into_bytes())
    }

    /// Whether it is the mark of what is recorded under that name.
    pub(crate) fn is_mark(&self, mark: &str, name: &str, record: &[u8]) -> bool {
        let mark = STANDARD.decode(mark).unwrap_or_default();
        self.mac(name, record).verify_slice(&mark).is_ok()
    }

    fn keyed(&self) -> Hmac<Sha256> {
        // HMAC takes keys of every length, so this cannot fail.
        Hmac::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::new(&Default::default()))
    }

    fn mac(&self, name: &str, record: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.keyed();
        // Names have no line ends, so that no name and record look like others.
        mac.update(b"record\n");
        mac.update(name.as_bytes());
        mac.update(b"\n");
        mac.update(record);
        mac
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_taken_from_where_others_write() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        Seal::open(&own.join("cache.key")).unwrap();
        symlink("own", folder.path().join("link")).unwrap();
        Seal::open(&folder.path().join("link/cache.key")).unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = Seal::open(&own.join("cache.key")).err().unwrap();
        assert!(error.to_string().contains("by others"), "{error}");
    }

    #[test]
    fn a_mark_is_of_one_record_under_one_name_by_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let seal = |name: &str| Seal::open(&folder.path().join(name)).unwrap();
        let mark = seal("a").mark("greeter", b"record");
        assert!(seal("a").is_mark(&mark, "greeter", b"record"));
        assert!(!seal("a").is_mark(&mark, "greeter", b"recorD"));
        assert!(!seal("a").is_mark(&mark, "other", b"record"));
        assert!(!seal("b").is_mark(&mark, "greeter", b"record"));
        assert!(!seal("a").is_mark("", "greeter", b"record"));
        let within = |directory: &str| seal("a").within(Path::new(directory));
        let mark = within("/one").mark("greeter", b"record");
        assert!(within("/one").is_mark(&mark, "greeter", b"record"));
        assert!(!within("/other").is_mark(&mark, "greeter", b"record"));
        assert!(!seal("a").is_mark(&mark, "greeter", b"record"));
    }
}
