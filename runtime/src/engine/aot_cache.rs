//! Compiled code on disk.
//!
//! Compiled code is executable code, so an entry is used only when this host wrote it: the directory is the user's
//! own and closed to others, no link is followed, and every entry carries an HMAC with a key kept elsewhere.
//! An entry is read into memory, checked there and loaded from there, so that it cannot change in between.
//! Whatever is odd is removed, reported and compiled anew.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::component::Digest;
use crate::event::{Event, Events};

/// Starts each entry, and changes with its format.
const MAGIC: &[u8; 12] = b"airssys-aot\x01";
/// The length of an HMAC-SHA-256.
const TAG: usize = 32;
/// The length of the key.
const KEY: usize = 32;
/// The largest entry: compiled code is about eight times the size of the component.
pub(super) const MAX_ENTRY: u64 = 1 << 30;

/// A directory of compiled components.
pub(crate) struct AotCache {
    directory: OwnedFd,
    key: [u8; KEY],
    events: Events,
    /// Entries that were begun, for the names of their files until they are whole.
    written: AtomicU64,
}

/// What an entry was compiled from, and for which engines.
pub(crate) struct Artifact {
    pub(super) component: Digest,
    pub(super) engine: u64,
}

impl AotCache {
    /// Opens the cache in `directory`, with the key in `key_file`; both are made when they are missing.
    /// A directory or key that others could have written to is an error.
    pub(crate) fn open(directory: &Path, key_file: &Path, events: Events) -> std::io::Result<Self> {
        if let Some(parent) = key_file.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
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
            events,
            written: AtomicU64::new(0),
        })
    }

    /// Loads an entry, if there is one that this host wrote.
    pub(super) fn load(&self, engine: &Engine, artifact: &Artifact) -> Option<Component> {
        let name = artifact.file_name();
        match self.read(engine, artifact, &name) {
            Ok(component) => component,
            Err(reason) => {
                // What cannot be removed is refused again next time.
                let _ = rustix::fs::unlinkat(&self.directory, name.as_str(), AtFlags::empty());
                self.events.emit(Event::CacheEntryRefused {
                    digest: artifact.digest(),
                    reason,
                });
                None
            }
        }
    }

    fn read(&self, engine: &Engine, artifact: &Artifact, name: &str) -> Result<Option<Component>, String> {
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
        let mut entry = Vec::new();
        file.take(MAX_ENTRY + 1)
            .read_to_end(&mut entry)
            .map_err(|error| error.to_string())?;
        let Some((head, code)) = entry.split_at_checked(MAGIC.len() + TAG) else {
            return Err("it is cut short".into());
        };
        let (magic, tag) = head.split_at(MAGIC.len());
        if magic != MAGIC || entry.len() as u64 > MAX_ENTRY {
            return Err("it has another format".into());
        }
        self.mac(artifact, code)
            .verify_slice(tag)
            .map_err(|_| "it was not written by this host".to_owned())?;
        deserialize(engine, code)
            .map(Some)
            .map_err(|error| format!("it does not fit this engine: {error:#}"))
    }

    /// Keeps an entry; a failure is not reported, because the cache is not needed to run.
    pub(super) fn store(&self, artifact: &Artifact, code: &[u8]) {
        let name = artifact.file_name();
        // Two deployments may compile the same bytes at the same time.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let aside = format!("{name}.{}-{number}.new", std::process::id());
        if self.write(artifact, code, &aside).is_ok() {
            let renamed = rustix::fs::renameat(&self.directory, aside.as_str(), &self.directory, name.as_str());
            if renamed.is_ok() {
                return;
            }
        }
        let _ = rustix::fs::unlinkat(&self.directory, aside.as_str(), AtFlags::empty());
    }

    /// Removes the entries of a component for every engine; what cannot be removed takes room and does no harm.
    pub(super) fn forget(&self, component: &Digest) {
        // The names of files begin with the digest, also until they are whole.
        let prefix = format!("{component}-");
        let Ok(entries) = rustix::fs::Dir::read_from(&self.directory) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_bytes().starts_with(prefix.as_bytes()) {
                let _ = rustix::fs::unlinkat(&self.directory, entry.file_name(), AtFlags::empty());
            }
        }
    }

    fn write(&self, artifact: &Artifact, code: &[u8], name: &str) -> std::io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.directory, name, flags, Mode::from(0o600))?);
        file.write_all(MAGIC)?;
        file.write_all(&self.mac(artifact, code).finalize().into_bytes())?;
        file.write_all(code)
    }

    /// Everything an entry depends on goes into its tag, so that entries cannot be exchanged for one another.
    fn mac(&self, artifact: &Artifact, code: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of every length, so this cannot fail; a tag of nothing is refused anyway.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(MAGIC);
        mac.update(artifact.component.as_bytes());
        mac.update(&artifact.engine.to_le_bytes());
        mac.update(code);
        mac
    }
}

/// Makes compiled code executable.
/// It takes an entry of the cache whose HMAC was verified, or what a compiler of this host has just returned.
#[allow(
    unsafe_code,
    reason = "wasmtime offers no safe way to load compiled code; see SAFETY"
)]
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` has to be what wasmtime's serialization returned. There are two callers. `read` has verified the
    // HMAC of these very bytes in memory, with a key that only this user can read, and only `store` makes such tags,
    // for what `serialize` returned or what the other caller has loaded. That is `CodeSource`, whose bytes come from a
    // process that this host has just started, over a pipe that nobody else holds: from a program that whoever set up
    // the host trusts to run as this user, and that greeted as this version's compiler for this very configuration.
    // wasmtime itself refuses code of another version or configuration.
    unsafe { Component::deserialize(engine, code) }
}

/// Whether a file or directory belongs to this user and nobody else can change or read it.
fn is_private(stat: &rustix::fs::Stat) -> bool {
    stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o077 == 0
}

/// Reads the key, or makes one.
/// A key that is not private is replaced: what was written with it is then refused.
fn key(file: &Path) -> std::io::Result<[u8; KEY]> {
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

impl std::fmt::Debug for AotCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AotCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The smallest component: its header.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    struct Fixture {
        folder: tempfile::TempDir,
        refusals: Arc<Mutex<Vec<String>>>,
        engine: Engine,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                refusals: Arc::default(),
                engine: Engine::default(),
            }
        }

        fn open(&self) -> std::io::Result<AotCache> {
            let refusals = self.refusals.clone();
            let events = Events::new(move |event| {
                if let Event::CacheEntryRefused { reason, .. } = event {
                    refusals.lock().unwrap().push(reason);
                }
            });
            AotCache::open(
                &self.folder.path().join("cache"),
                &self.folder.path().join("key"),
                events,
            )
        }

        fn artifact(&self) -> Artifact {
            Artifact {
                component: Digest::of(EMPTY),
                engine: 7,
            }
        }

        fn filled(&self) -> AotCache {
            let cache = self.open().unwrap();
            let code = Component::from_binary(&self.engine, EMPTY)
                .unwrap()
                .serialize()
                .unwrap();
            cache.store(&self.artifact(), &code);
            cache
        }

        fn entry(&self) -> PathBuf {
            self.folder.path().join("cache").join(self.artifact().file_name())
        }

        /// Asserts that the entry is refused for this reason, removed, and not refused twice.
        fn refused(&self, cache: &AotCache, reason: &str) {
            assert!(cache.load(&self.engine, &self.artifact()).is_none());
            let said = self.refusals.lock().unwrap().join("; ");
            assert!(said.contains(reason), "{said}");
            assert!(std::fs::symlink_metadata(self.entry()).is_err());
            assert!(cache.load(&self.engine, &self.artifact()).is_none());
            assert_eq!(self.refusals.lock().unwrap().len(), 1);
        }
    }

    #[test]
    fn what_was_stored_is_loaded_also_by_the_next_host() {
        let fixture = Fixture::new();
        drop(fixture.filled());
        let cache = fixture.open().unwrap();
        assert!(cache.load(&fixture.engine, &fixture.artifact()).is_some());
        assert!(fixture.refusals.lock().unwrap().is_empty());
    }

    #[test]
    fn a_component_is_forgotten_for_every_engine_and_alone() {
        let fixture = Fixture::new();
        let cache = fixture.filled();
        let other = |component, engine| Artifact { component, engine };
        let component = fixture.artifact().component;
        let same = other(component, 8);
        let kept = other(Digest::of(b"other"), 7);
        for artifact in [&same, &kept] {
            cache.store(artifact, b"code");
        }
        for _ in 0..2 {
            cache.forget(&component);
            let listed = std::fs::read_dir(fixture.folder.path().join("cache")).unwrap();
            let names: Vec<_> = listed.map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names, [kept.file_name().as_str()]);
        }
        assert!(fixture.refusals.lock().unwrap().is_empty());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        for place in [0, 12, 40, 44, 200] {
            let fixture = Fixture::new();
            let cache = fixture.filled();
            let mut bytes = std::fs::read(fixture.entry()).unwrap();
            bytes[place] ^= 1;
            std::fs::write(fixture.entry(), bytes).unwrap();
            fixture.refused(
                &cache,
                if place == 0 {
                    "another format"
                } else {
                    "not written by this host"
                },
            );
        }
    }

    #[test]
    fn a_truncated_entry_is_refused() {
        for length in [0, 1, 43, 44, 300] {
            let fixture = Fixture::new();
            let cache = fixture.filled();
            let bytes = std::fs::read(fixture.entry()).unwrap();
            std::fs::write(fixture.entry(), &bytes[..length]).unwrap();
            fixture.refused(
                &cache,
                if length < 44 {
                    "cut short"
                } else {
                    "not written by this host"
                },
            );
        }
    }

    #[test]
    fn an_entry_of_another_component_is_refused() {
        let fixture = Fixture::new();
        let cache = fixture.filled();
        let other = Artifact {
            component: Digest::of(b"other"),
            engine: 7,
        };
        std::fs::rename(
            fixture.folder.path().join("cache").join(fixture.artifact().file_name()),
            fixture.folder.path().join("cache").join(other.file_name()),
        )
        .unwrap();
        assert!(cache.load(&fixture.engine, &other).is_none());
        assert_eq!(*fixture.refusals.lock().unwrap(), ["it was not written by this host"]);
    }

    #[test]
    fn a_link_and_an_open_entry_are_refused() {
        let fixture = Fixture::new();
        let cache = fixture.filled();
        let elsewhere = fixture.folder.path().join("elsewhere");
        std::fs::rename(fixture.entry(), &elsewhere).unwrap();
        symlink(&elsewhere, fixture.entry()).unwrap();
        fixture.refused(&cache, "cannot be opened");

        let fixture = Fixture::new();
        let cache = fixture.filled();
        std::fs::set_permissions(fixture.entry(), PermissionsExt::from_mode(0o644)).unwrap();
        fixture.refused(&cache, "this user alone");
    }

    #[test]
    fn another_key_refuses_everything() {
        let fixture = Fixture::new();
        drop(fixture.filled());
        std::fs::remove_file(fixture.folder.path().join("key")).unwrap();
        let cache = fixture.open().unwrap();
        fixture.refused(&cache, "not written by this host");
    }

    #[test]
    fn a_key_that_others_could_read_is_replaced() {
        let fixture = Fixture::new();
        drop(fixture.filled());
        let key = fixture.folder.path().join("key");
        let before = std::fs::read(&key).unwrap();
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
        fixture.open().unwrap();
        assert_ne!(std::fs::read(&key).unwrap(), before);
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_directory_that_is_open_to_others_or_a_link_is_not_used() {
        let fixture = Fixture::new();
        drop(fixture.filled());
        let directory = fixture.folder.path().join("cache");
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(fixture.open().is_err());
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o700)).unwrap();
        let elsewhere = fixture.folder.path().join("elsewhere");
        std::fs::rename(&directory, &elsewhere).unwrap();
        symlink(&elsewhere, &directory).unwrap();
        assert!(fixture.open().is_err());
    }
}
