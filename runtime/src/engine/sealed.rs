//! Files that only this host can have written.
//!
//! The directory is the user's own and closed to others, no link is followed, and every file carries an HMAC with a key
//! that is kept elsewhere.
//! A file is read into memory and checked there, so that it cannot change in between.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use sha2::Sha256;

use crate::audit::make_key_folder;

/// The length of what starts each file, and changes with its format.
const MAGIC: usize = 12;
/// The length of an HMAC-SHA-256.
const TAG: usize = 32;
/// The length of the key.
pub(super) const KEY: usize = 32;
/// What ends the name of a file that is not whole.
const UNFINISHED: &str = ".new";

/// A directory of files that carry the HMAC of this host.
pub(super) struct Sealed {
    directory: OwnedFd,
    key: [u8; KEY],
    /// Files that were begun, for their names until they are whole.
    written: AtomicU64,
}

/// What a file is.
pub(super) struct Form {
    /// Starts it, and changes with its format.
    pub(super) magic: &'static [u8; MAGIC],
    /// The most bytes that it has.
    pub(super) most: u64,
}

/// The content of a file whose HMAC was verified.
#[derive(Debug, Default)]
pub(super) struct Content(Vec<u8>);

/// A file in the directory, whatever it is.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) size: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub(super) changed: i128,
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.get(MAGIC + TAG..).unwrap_or_default()
    }
}

impl Sealed {
    /// Opens `directory`, with the key in `key_file`; both are made when they are missing.
    /// A directory or key that others could have written to is an error.
    pub(super) fn open(directory: &Path, key_file: &Path) -> std::io::Result<Self> {
        make_key_folder(key_file)?;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::open(directory, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        if !is_private(&stat) {
            return Err(std::io::Error::other(
                "the cache directory belongs to, or is open to, others",
            ));
        }
        Ok(Self {
            directory: opened,
            key: key(key_file)?,
            written: AtomicU64::new(0),
        })
    }

    /// Reads a file that was written as the same form and `bound` to the same; says what is odd of another one.
    pub(super) fn read(&self, name: &str, form: &Form, bound: &[u8]) -> Result<Option<Content>, String> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.directory, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(format!("it cannot be opened: {error}")),
        };
        let stat = rustix::fs::fstat(&file).map_err(|error| error.to_string())?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || !is_private(&stat) {
            return Err("it is not a regular file of this user alone".into());
        }
        let mut whole = Vec::new();
        file.take(form.most + 1)
            .read_to_end(&mut whole)
            .map_err(|error| error.to_string())?;
        let Some((head, content)) = whole.split_at_checked(MAGIC + TAG) else {
            return Err("it is cut short".into());
        };
        let (magic, tag) = head.split_at(MAGIC);
        if magic != form.magic || whole.len() as u64 > form.most {
            return Err("it has another format".into());
        }
        let mut mac = self.mac(form, bound);
        mac.update(content);
        mac.verify_slice(tag)
            .map_err(|_| "it was not written by this host".to_owned())?;
        Ok(Some(Content(whole)))
    }

    /// Writes a file with the content that `each` adds in pieces, the same whenever it is called.
    /// It replaces one of this name when it is whole; a failure leaves what was there.
    ///
    /// Nothing waits for the disk: what a crash leaves half-written is refused when it is read.
    pub(super) fn write(&self, name: &str, form: &Form, bound: &[u8], each: impl Fn(&mut dyn FnMut(&[u8]))) -> bool {
        // Two deployments may write the same file at the same time.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let aside = format!("{name}.{}-{number}{UNFINISHED}", std::process::id());
        let written = self.write_aside(&aside, form, bound, each).is_ok()
            && rustix::fs::renameat(&self.directory, aside.as_str(), &self.directory, name).is_ok();
        if !written {
            self.remove(&aside);
        }
        written
    }

    fn write_aside(
        &self,
        name: &str,
        form: &Form,
        bound: &[u8],
        each: impl Fn(&mut dyn FnMut(&[u8])),
    ) -> std::io::Result<()> {
        let mut mac = self.mac(form, bound);
        each(&mut |piece| mac.update(piece));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.directory, name, flags, Mode::from(0o600))?);
        let mut file = BufWriter::with_capacity(1 << 18, file);
        file.write_all(form.magic)?;
        file.write_all(&mac.finalize().into_bytes())?;
        let mut outcome = Ok(());
        each(&mut |piece| {
            if outcome.is_ok() {
                outcome = file.write_all(piece);
            }
        });
        outcome?;
        file.flush()
    }

    /// Removes a file; what cannot be removed is refused again when it is read.
    pub(super) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
    }

    /// Every file in the directory whose name is text.
    pub(super) fn files(&self) -> impl Iterator<Item = Listed> {
        let entries = rustix::fs::Dir::read_from(&self.directory).into_iter().flatten();
        entries.flatten().filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?.to_owned();
            let stat = rustix::fs::statat(&self.directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
            (FileType::from_raw_mode(stat.st_mode) != FileType::Directory).then(|| Listed {
                name,
                size: u64::try_from(stat.st_size).unwrap_or(0),
                changed: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
            })
        })
    }

    /// What is bound goes into the tag, so that files cannot be exchanged for one another.
    fn mac(&self, form: &Form, bound: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of every length, so this cannot fail; a tag of nothing is refused anyway.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(form.magic);
        mac.update(bound);
        mac
    }
}

impl Listed {
    /// Whether it was begun, and is not whole.
    pub(super) fn is_unfinished(&self) -> bool {
        self.name.ends_with(UNFINISHED)
    }
}

/// Whether a file or directory belongs to this user and nobody else can change or read it.
fn is_private(stat: &rustix::fs::Stat) -> bool {
    stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o077 == 0
}

/// Reads the key, or makes one.
/// A key that is not private is replaced: what was written with it is then refused.
pub(super) fn key(file: &Path) -> std::io::Result<[u8; KEY]> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    if let Ok(opened) = rustix::fs::open(file, flags, Mode::empty()) {
        let stat = rustix::fs::fstat(&opened)?;
        let mut key = [0; KEY];
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && is_private(&stat)
            && u64::try_from(stat.st_size) == Ok(KEY as u64)
            && File::from(opened).read_exact(&mut key).is_ok()
        {
            return Ok(key);
        }
    }
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(std::io::Error::other)?;
    let directory = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // A file made aside is private from its first moment, and replaces a link instead of following it.
    let mut aside = tempfile::NamedTempFile::new_in(directory)?;
    aside.write_all(&key)?;
    aside.persist(file)?;
    Ok(key)
}
