//! Compiled code on disk.
//!
//! Compiled code is executable code, so an entry is used only when this host wrote it, as [`Sealed`] finds out.
//! Whatever is odd is removed, reported and compiled anew.

use std::path::Path;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::sealed::{Form, Sealed};
use crate::component::Digest;
use crate::event::{Event, Events};

/// What an entry is.
/// The largest: compiled code is about eight times the size of the component.
const CODE: Form = Form {
    magic: b"airssys-aot\x01",
    most: MAX_ENTRY,
};
pub(super) const MAX_ENTRY: u64 = 1 << 30;

/// A directory of compiled components.
pub(crate) struct AotCache {
    sealed: Arc<Sealed>,
    events: Events,
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
        let sealed = Arc::new(Sealed::open(directory, key_file)?);
        Ok(Self { sealed, events })
    }

    /// The directory, which has other sealed files as well, and what is told of it.
    pub(super) fn place(&self) -> (Arc<Sealed>, Events) {
        (self.sealed.clone(), self.events.clone())
    }

    /// Loads an entry, if there is one that this host wrote.
    pub(super) fn load(&self, engine: &Engine, artifact: &Artifact) -> Option<Component> {
        let name = artifact.file_name();
        match self.read(engine, artifact, &name) {
            Ok(component) => component,
            Err(reason) => {
                self.sealed.remove(&name);
                self.events.emit(Event::CacheEntryRefused {
                    digest: artifact.digest(),
                    reason,
                });
                None
            }
        }
    }

    fn read(&self, engine: &Engine, artifact: &Artifact, name: &str) -> Result<Option<Component>, String> {
        let Some(code) = self.sealed.read(name, &CODE, &artifact.bound())? else {
            return Ok(None);
        };
        deserialize(engine, &code)
            .map(Some)
            .map_err(|error| format!("it does not fit this engine: {error:#}"))
    }

    /// Keeps an entry; a failure is not reported, because the cache is not needed to run.
    pub(super) fn store(&self, artifact: &Artifact, code: &[u8]) {
        let name = artifact.file_name();
        self.sealed.write(&name, &CODE, &artifact.bound(), |add| add(code));
    }

    /// Removes the entries of a component for every engine; what cannot be removed takes room and does no harm.
    pub(super) fn forget(&self, component: &Digest) {
        // The names of files begin with the digest, also until they are whole.
        let prefix = format!("{component}-");
        for file in self.sealed.files().filter(|file| file.name.starts_with(&prefix)) {
            self.sealed.remove(&file.name);
        }
    }
}

impl Artifact {
    /// What a tag says beside the code: everything that an entry depends on.
    fn bound(&self) -> Vec<u8> {
        [self.component.as_bytes().as_slice(), &self.engine.to_le_bytes()].concat()
    }
}

/// Makes compiled code executable.
/// It takes an entry of the cache whose HMAC was verified, or what a compiler of this host has just returned.
#[allow(
    unsafe_code,
    reason = "wasmtime offers no safe way to load compiled code; see SAFETY"
)]
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` has to be what wasmtime's serialization returned. There are three callers. `read` has had the HMAC
    // of these very bytes verified in memory, with a key that only this user can read, and only `store` makes such tags,
    // for what `serialize` returned or what the other callers have loaded. Those are `CodeSource`, once with bytes from
    // a process that this host has just started, over a pipe that nobody else holds: from a program that whoever set up
    // the host trusts to run as this user, and that greeted as this version's compiler for this very configuration; and
    // once with bytes that wasmtime's own serialization has just returned in this process.
    // wasmtime itself refuses code of another version or configuration.
    unsafe { Component::deserialize(engine, code) }
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
