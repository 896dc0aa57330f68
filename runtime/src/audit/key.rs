//! The key that signs checkpoints: made once for each log, and kept beside the key of the cache.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ed25519_dalek::SigningKey;
use rustix::fs::{FileType, Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::hash::bytes_of;
use super::key_folder::{check_key_folder, make_key_folder};
use crate::component::hexadecimal;

/// What begins a public key as text.
const PREFIX: &str = "ed25519:";

/// The key by which checkpoints of a log are believed; shown as `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub(super) fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a key from a file, as a host writes it beside its own.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or has no key in it.
    pub fn read(file: &Path) -> io::Result<Self> {
        let mut text = String::new();
        File::open(file)?.take(1_024).read_to_string(&mut text)?;
        let parsed = text.trim().parse();
        parsed.map_err(|reason: String| io::Error::new(io::ErrorKind::InvalidData, reason))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hexadecimal(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix(PREFIX)
            .ok_or_else(|| format!("a public key begins with `{PREFIX}`"))?;
        bytes_of(digits).map(Self)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// Where the key of a log is, and its public part, when the key of the cache is in `cache_key`.
pub fn key_files(cache_key: &Path, origin: &str) -> (PathBuf, PathBuf) {
    // The origin comes from a file that anybody may have written.
    let short: String = origin.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    let place = |end: &str| cache_key.with_file_name(format!("audit-{short}.{end}"));
    (place("key"), place("pub"))
}

/// The key in a file that nobody else can read or write; none when there is no such file.
pub(super) fn load(file: &Path) -> io::Result<Option<SigningKey>> {
    check_key_folder(file)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = match rustix::fs::open(file, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stat = rustix::fs::fstat(&opened)?;
    let is_private = stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o077 == 0;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || !is_private {
        let reason = format!("{} is no file of this user alone", file.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let mut seed = [0; 32];
    File::from(opened).read_exact(&mut seed)?;
    Ok(Some(SigningKey::from_bytes(&seed)))
}

/// A new key in a file, which it replaces; it is on disk when this returns.
pub(super) fn make(file: &Path) -> io::Result<SigningKey> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    make_key_folder(file)?;
    replace(file, &seed, 0o600)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Writes the public part beside a key, for whoever verifies.
pub(super) fn publish(file: &Path, key: &SigningKey) -> io::Result<()> {
    replace(file, format!("{}\n", PublicKey::of(key)).as_bytes(), 0o644)
}

fn replace(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // A file made aside is private from its first moment, and replaces a link instead of following it.
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(bytes)?;
    aside.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    aside.as_file().sync_all()?;
    aside.persist(file)?;
    File::open(folder)?.sync_all()
}
