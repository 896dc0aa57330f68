//! Compiled functions on disk, so that a component of which a part has changed is compiled in that part.
//!
//! The functions of a component's last compilation are one file, a pack, for each component and engine: thousands of
//! small files would take longer to read than the functions to compile.
//! A function is machine code, so a pack is used only when this host wrote it, as [`Sealed`] finds out, and only for the
//! component of its name.
//! A pack is looked up by what a function consists of, and filled by the compiler in this very process.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::CacheStore;

use super::aot_cache::{AotCache, Artifact};
use super::sealed::{Content, Form, Sealed};
use crate::component::{ComponentName, Digest};
use crate::event::{Event, Events};

/// The most bytes that the functions of one component take: those of a Python interpreter are 27 MB.
const MAX_PACK: u64 = 128 << 20;
/// The most bytes that all packs take; beyond, the oldest are removed.
const MAX_ALL: u64 = 256 << 20;
/// The length of what a function is looked up by: a SHA-256 of what it consists of and how it is compiled.
const KEY: usize = 32;
/// What a function takes beside its code.
const HEAD: usize = KEY + size_of::<u32>();
/// What ends the name of a pack.
const ENDING: &str = ".functions";

const PACK: Form = Form {
    magic: b"airssys-fun\x01",
    most: MAX_PACK + 4096,
};

/// The packs of one host.
#[derive(Clone)]
pub(super) struct FunctionCache {
    sealed: Arc<Sealed>,
    events: Events,
    room: Room,
}

/// How many bytes the functions may take.
#[derive(Clone, Copy)]
struct Room {
    pack: u64,
    all: u64,
}

/// The functions of one component, while it is compiled.
pub(super) struct Pack {
    name: String,
    bound: Vec<u8>,
    /// What the last compilation has left.
    old: Content,
    known: HashMap<[u8; KEY], Known>,
    new: Mutex<New>,
    /// The most bytes of what is known and what is new.
    most: u64,
}

/// A function that was compiled before.
struct Known {
    place: Range<usize>,
    /// Whether this compilation has it as well; what has not goes.
    is_used: AtomicBool,
}

/// The functions that were compiled now.
#[derive(Default)]
struct New {
    functions: HashMap<[u8; KEY], Vec<u8>>,
    size: u64,
}

impl FunctionCache {
    /// The packs in the directory of a cache of components.
    pub(super) fn beside(cache: &AotCache) -> Self {
        let (sealed, events) = cache.place();
        let packs = Self {
            sealed,
            events,
            room: Room {
                pack: MAX_PACK,
                all: MAX_ALL,
            },
        };
        // This host alone writes there, and has only just begun: what is unfinished stays so.
        for file in packs.sealed.files() {
            if file.is_unfinished() && file.name.contains(ENDING) {
                packs.sealed.remove(&file.name);
            }
        }
        packs
    }

    /// The functions of the last compilation of a component for these engines; none when there was none.
    pub(super) fn open(&self, component: &ComponentName, artifact: &Artifact) -> Arc<Pack> {
        let Artifact { engine, .. } = artifact;
        // A name has no `+`, so that no two names become one.
        let name = format!("{}-{engine:016x}{ENDING}", component.as_str().replace(':', "+"));
        let bound = [&engine.to_le_bytes(), component.as_str().as_bytes()].concat();
        let read = self.sealed.read(&name, &PACK, &bound);
        let (old, known) = match read.map(Option::unwrap_or_default).and_then(indexed) {
            Ok(found) => found,
            Err(reason) => {
                self.refuse(&name, artifact.digest(), reason);
                Default::default()
            }
        };
        Arc::new(Pack {
            name,
            bound,
            old,
            known,
            new: Mutex::default(),
            most: self.room.pack,
        })
    }

    fn refuse(&self, name: &str, digest: Digest, reason: String) {
        self.sealed.remove(name);
        self.events.emit(Event::CacheEntryRefused { digest, reason });
    }

    /// Keeps the functions of a compilation for the next one, when there are new ones, and removes the oldest packs that
    /// there is no room for. A failure is not reported, because nobody needs a pack to run.
    pub(super) fn keep(&self, pack: &Pack) {
        let new = pack.new();
        if new.functions.is_empty() {
            return;
        }
        let add_all = |add: &mut dyn FnMut(&[u8])| {
            let used = pack.known.iter().filter(|(_, known)| known.is_used());
            let used = used.map(|(key, known)| (key, pack.old.get(known.place.clone()).unwrap_or_default()));
            let new = new.functions.iter().map(|(key, code)| (key, code.as_slice()));
            for (key, code) in used.chain(new) {
                add(key);
                // No function comes near 4 GiB, because a pack does not.
                add(&u32::try_from(code.len()).unwrap_or(0).to_le_bytes());
                add(code);
            }
        };
        self.sealed.write(&pack.name, &PACK, &pack.bound, add_all);
        drop(new);
        self.sweep(&pack.name);
    }

    /// Removes the oldest packs until the rest has room; the one that was just written stays.
    fn sweep(&self, written: &str) {
        let packs = self.sealed.files().filter(|file| file.name.ends_with(ENDING));
        let mut packs: Vec<_> = packs.collect();
        packs.sort_by_key(|file| (file.name != written, std::cmp::Reverse(file.changed)));
        let mut room = self.room.all;
        for file in packs {
            match room.checked_sub(file.size) {
                Some(rest) => room = rest,
                None if file.name == written => room = 0,
                None => self.sealed.remove(&file.name),
            }
        }
    }
}

/// Where in a pack each function is.
fn indexed(content: Content) -> Result<(Content, HashMap<[u8; KEY], Known>), String> {
    let broken = || "it has no functions where they should be".to_owned();
    let mut known = HashMap::new();
    let mut place = 0;
    while place < content.len() {
        let head = content.get(place..place + HEAD).ok_or_else(broken)?;
        let (key, size) = head.split_at(KEY);
        let size: [u8; 4] = size.try_into().map_err(|_| broken())?;
        let size = usize::try_from(u32::from_le_bytes(size)).map_err(|_| broken())?;
        place += HEAD;
        let end = place
            .checked_add(size)
            .filter(|end| *end <= content.len())
            .ok_or_else(broken)?;
        let function = Known {
            place: place..end,
            is_used: AtomicBool::new(false),
        };
        known.insert(key.try_into().map_err(|_| broken())?, function);
        place = end;
    }
    Ok((content, known))
}

impl Known {
    fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Acquire)
    }
}

impl Pack {
    fn new(&self) -> MutexGuard<'_, New> {
        self.new.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Pack {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        if let Some(known) = self.known.get(key) {
            known.is_used.store(true, Ordering::Release);
            return self.old.get(known.place.clone()).map(Cow::Borrowed);
        }
        // A component may have the same function several times.
        self.new().functions.get(key).cloned().map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let Ok(key) = key.try_into() else { return false };
        let mut new = self.new();
        let size = (HEAD + value.len()) as u64;
        // Those of the last compilation count as well, because they may all be used.
        if self.old.len() as u64 + new.size + size > self.most {
            return false;
        }
        if new.functions.insert(key, value).is_none() {
            new.size += size;
        }
        true
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FunctionCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunctionCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::engine::compile::compile_changed;
    use crate::engine::engines::Profile;

    struct Fixture {
        folder: tempfile::TempDir,
        refusals: Arc<Mutex<Vec<String>>>,
    }

    /// What a function is looked up by.
    fn key(number: u8) -> [u8; KEY] {
        [number; KEY]
    }

    fn artifact(engine: u64) -> Artifact {
        Artifact {
            component: Digest::of(b"component"),
            engine,
        }
    }

    fn found(pack: &Pack, number: u8) -> Option<Vec<u8>> {
        pack.get(&key(number)).map(Cow::into_owned)
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                refusals: Arc::default(),
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// The packs as the next host finds them.
        fn packs(&self) -> FunctionCache {
            let refusals = self.refusals.clone();
            let events = Events::new(move |event| {
                if let Event::CacheEntryRefused { reason, .. } = event {
                    refusals.lock().unwrap().push(reason);
                }
            });
            FunctionCache::beside(&AotCache::open(&self.path("cache"), &self.path("key"), events).unwrap())
        }

        fn pack(&self, component: &str, engine: u64) -> Arc<Pack> {
            self.packs().open(&component.parse().unwrap(), &artifact(engine))
        }

        /// Has a compilation need these functions, and compile those that it does not find; returns their number.
        fn compile(&self, component: &str, functions: &[u8]) -> usize {
            let pack = self.pack(component, 7);
            let missing = functions.iter().filter(|number| found(&pack, **number).is_none());
            let missing = missing.map(|number| assert!(pack.insert(&key(*number), vec![*number; 300])));
            let compiled = missing.count();
            self.packs().keep(&pack);
            compiled
        }

        fn file(&self, component: &str) -> PathBuf {
            self.path("cache").join(&self.pack(component, 7).name)
        }

        fn names(&self) -> Vec<String> {
            let listed = std::fs::read_dir(self.path("cache")).unwrap();
            let mut names: Vec<String> = listed
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }

        /// A pack, changed in this way, is refused once for this reason and removed.
        fn check(reason: &str, change: impl FnOnce(&Self, &Path)) {
            let fixture = Self::new();
            fixture.compile("a", &[1, 2, 3]);
            let file = fixture.file("a");
            change(&fixture, &file);
            for _ in 0..2 {
                assert_eq!(found(&fixture.pack("a", 7), 1), None, "{reason}");
            }
            let said = fixture.refusals.lock().unwrap().clone();
            assert!(said.len() == 1 && said[0].contains(reason), "{reason}: {said:?}");
            assert!(std::fs::symlink_metadata(&file).is_err(), "{reason}");
            // The next compilation begins anew.
            assert_eq!(fixture.compile("a", &[1, 2, 3]), 3);
            assert_eq!(fixture.compile("a", &[1, 2, 3]), 0);
        }
    }

    #[test]
    fn a_compilation_finds_what_the_last_one_had_and_leaves_what_it_has() {
        let fixture = Fixture::new();
        assert_eq!(fixture.compile("a", &[1, 2, 3]), 3);
        assert_eq!(fixture.compile("a", &[1, 2, 3]), 0);
        assert_eq!(fixture.compile("a", &[1, 3, 4, 4]), 1);
        // The second is not part of the component any more.
        assert_eq!(fixture.compile("a", &[2, 4]), 1);
        assert_eq!(fixture.compile("b:a", &[2, 4]), 2);
        assert_eq!(
            fixture.names(),
            ["a-0000000000000007.functions", "b+a-0000000000000007.functions"]
        );
        assert!(fixture.refusals.lock().unwrap().is_empty());
        assert_eq!(found(&fixture.pack("a", 8), 4), None);
    }

    #[test]
    fn a_pack_that_was_changed_is_refused() {
        for place in [12, 40, 44, 60, 400] {
            Fixture::check("not written by this host", |_, file| {
                let mut bytes = std::fs::read(file).unwrap();
                bytes[place] ^= 1;
                std::fs::write(file, bytes).unwrap();
            });
        }
        Fixture::check("another format", |_, file| {
            let mut bytes = std::fs::read(file).unwrap();
            bytes[11] ^= 1;
            std::fs::write(file, bytes).unwrap();
        });
        for (length, reason) in [
            (0, "cut short"),
            (43, "cut short"),
            (44, "not written"),
            (380, "not written"),
        ] {
            Fixture::check(reason, |_, file| {
                let bytes = std::fs::read(file).unwrap();
                std::fs::write(file, &bytes[..length]).unwrap();
            });
        }
        Fixture::check("not written by this host", |_, file| {
            let bytes = std::fs::read(file).unwrap();
            std::fs::write(file, [&*bytes, &[0; KEY + 4]].concat()).unwrap();
        });
    }

    #[test]
    fn a_pack_of_another_component_or_engine_or_host_is_refused() {
        Fixture::check("not written by this host", |fixture, file| {
            fixture.compile("b", &[1]);
            std::fs::rename(fixture.file("b"), file).unwrap();
        });
        Fixture::check("not written by this host", |fixture, file| {
            let other = fixture.pack("a", 8);
            assert!(other.insert(&key(1), vec![1]));
            fixture.packs().keep(&other);
            std::fs::rename(fixture.path("cache").join(&other.name), file).unwrap();
        });
        Fixture::check("not written by this host", |fixture, _| {
            std::fs::remove_file(fixture.path("key")).unwrap();
        });
        Fixture::check("not written by this host", |_, file| {
            let other = Fixture::new();
            other.compile("a", &[1]);
            std::fs::copy(other.file("a"), file).unwrap();
        });
    }

    #[test]
    fn a_pack_that_is_no_private_file_is_refused() {
        Fixture::check("cannot be opened", |fixture, file| {
            let aside = fixture.path("aside");
            std::fs::rename(file, &aside).unwrap();
            symlink(&aside, file).unwrap();
        });
        Fixture::check("not a regular file of this user alone", |_, file| {
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
        });
    }

    #[test]
    fn a_pack_is_bounded_and_so_are_all() {
        let fixture = Fixture::new();
        let mut packs = fixture.packs();
        packs.room = Room { pack: 1000, all: 2000 };
        let fill = |component: &str| {
            let pack = packs.open(&component.parse().unwrap(), &artifact(7));
            let taken = (0..9).filter(|number| pack.insert(&key(*number), vec![0; 300]));
            assert_eq!(taken.count(), 2);
            packs.keep(&pack);
        };
        for (component, kept) in [("c", 1), ("b", 2), ("a", 2), ("d", 2)] {
            fill(component);
            let names = fixture.names();
            assert_eq!(names.len(), kept, "{names:?}");
            assert!(names.iter().any(|name| name.starts_with(component)), "{names:?}");
        }
        assert!(fixture.names().iter().all(|name| !name.starts_with('c')));
    }

    #[test]
    fn what_a_crash_left_goes_and_a_directory_that_is_gone_does_no_harm() {
        let fixture = Fixture::new();
        fixture.compile("a", &[1]);
        let names = fixture.names();
        let aside = fixture.path("cache").join(format!("{}.1-0.new", names[0]));
        std::fs::write(&aside, "half").unwrap();
        assert_eq!(found(&fixture.pack("a", 7), 1), Some(vec![1; 300]));
        assert_eq!(fixture.names(), names);
        let packs = fixture.packs();
        let pack = packs.open(&"b".parse().unwrap(), &artifact(7));
        std::fs::remove_dir_all(fixture.path("cache")).unwrap();
        assert!(pack.insert(&key(1), vec![1]));
        packs.keep(&pack);
        assert!(fixture.refusals.lock().unwrap().is_empty());
    }

    #[test]
    fn code_with_functions_of_an_earlier_compilation_is_the_same_code() {
        const PROFILE: Profile = Profile {
            wide: false,
            metered: false,
        };
        let component = |last: &str| {
            let function = |number: usize| {
                format!(
                    "(func (export \"f{number}\") (param i32) (result i32) (i32.add (local.get 0) (i32.const {number})))"
                )
            };
            let functions: String = (0..50).map(function).collect();
            let last = format!("(func (export \"last\") (result i32) (i32.const {last}))");
            wat::parse_str(format!("(component (core module {functions} {last}))")).unwrap()
        };
        let fixture = Fixture::new();
        let compile = |bytes: &[u8]| {
            let pack = fixture.pack("a", 7);
            let code = compile_changed(PROFILE, bytes, pack.clone()).unwrap();
            fixture.packs().keep(&pack);
            let used = pack.known.values().filter(|known| known.is_used()).count();
            (code, used)
        };
        let (old, new) = (component("1"), component("2"));
        let (first, used) = compile(&old);
        assert_eq!(used, 0);
        let (changed, used) = compile(&new);
        assert!(used >= 50, "{used}");
        assert_ne!(first, changed);
        let anew = compile_changed(PROFILE, &new, Fixture::new().pack("a", 7)).unwrap();
        assert_eq!(changed, anew);
    }
}
