//! Compiled code on disk that somebody else has been at: it is refused, told of, and compiled anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use airssys_wasm::Event;
use airssys_wasm_tests::TestHost;

use crate::turn::Turn;

/// Where the entries and the key are.
struct Place {
    folder: Arc<tempfile::TempDir>,
    elsewhere: tempfile::TempDir,
}

impl Place {
    /// Two components, whose compiled code is kept.
    async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let place = Self {
            folder,
            elsewhere: tempfile::tempdir().unwrap(),
        };
        let test = place.open().await;
        test.deploy("echo").await.unwrap();
        test.deploy("traps").await.unwrap();
        test.host.shutdown().await.unwrap();
        place
    }

    async fn open(&self) -> TestHost {
        let key = self.key();
        TestHost::open(self.folder.clone(), |builder| builder.cache_key_file(key)).await
    }

    fn key(&self) -> PathBuf {
        self.elsewhere.path().join("key")
    }

    /// The entry of a component.
    fn entry(&self, test: &TestHost, component: &str) -> PathBuf {
        let digest = test.status(component).release.digest.to_string();
        let entries = fs::read_dir(self.folder.path().join("cache")).unwrap().flatten();
        let mut paths = entries.map(|entry| entry.path());
        let is_it = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with(&digest) && name.ends_with(".aot")
        };
        paths.find(is_it).unwrap_or_else(|| panic!("{component} has no entry"))
    }

    /// Does something to the entry of `echo`, and expects so many refusals from the host that opens then.
    async fn check(&self, what: &str, refusals: usize, tamper: impl Fn(&Self, &Path, &Path)) {
        let test = self.open().await;
        let (own, other) = (self.entry(&test, "echo"), self.entry(&test, "traps"));
        test.host.shutdown().await.unwrap();
        drop(test);
        tamper(self, &own, &other);
        let test = self.open().await;
        assert_eq!(test.call("echo", what).await.unwrap(), what);
        let told = test.events();
        let refused: Vec<_> = told
            .iter()
            .filter(|event| matches!(event, Event::CacheEntryRefused { .. }))
            .collect();
        assert_eq!(refused.len(), refusals, "{what}: {refused:?}");
        test.host.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn an_entry_that_others_have_changed_is_not_run() {
    let _turn = Turn::together();
    let place = Place::new().await;
    for part in 0..12 {
        place
            .check(&format!("a bit flipped in part {part}"), 1, |_, own, _| {
                let mut bytes = fs::read(own).unwrap();
                let at = (bytes.len() - 1) * part / 11;
                bytes[at] ^= 1 << (part % 8);
                fs::write(own, bytes).unwrap();
            })
            .await;
    }
    for length in [0, 1, 12, 43, 44, 45, 4_096] {
        place
            .check(&format!("cut to {length} bytes"), 1, |_, own, _| {
                fs::File::options()
                    .write(true)
                    .open(own)
                    .unwrap()
                    .set_len(length)
                    .unwrap();
            })
            .await;
    }
    place
        .check("something behind its end", 1, |_, own, _| {
            let bytes = fs::read(own).unwrap();
            fs::write(own, [&bytes[..], b"and more"].concat()).unwrap();
        })
        .await;
    place
        .check("the entry of another component", 1, |_, own, other| {
            fs::copy(other, own).map(drop).unwrap();
        })
        .await;
    place
        .check(
            "the code of another component under its own head",
            1,
            |_, own, other| {
                let (head, code) = (fs::read(own).unwrap(), fs::read(other).unwrap());
                fs::write(own, [&head[..44], &code[44..]].concat()).unwrap();
            },
        )
        .await;
}

#[tokio::test]
async fn an_entry_that_is_no_file_of_this_user_alone_is_not_run() {
    let _turn = Turn::together();
    let place = Place::new().await;
    place
        .check("a link to a good entry", 1, |place, own, _| {
            let good = place.elsewhere.path().join("good");
            fs::copy(own, &good).unwrap();
            fs::remove_file(own).unwrap();
            symlink(good, own).unwrap();
        })
        .await;
    place
        .check("a link to nothing", 1, |_, own, _| {
            fs::remove_file(own).unwrap();
            symlink("/nowhere", own).unwrap();
        })
        .await;
    place
        .check("an entry that others may write to", 1, |_, own, _| {
            fs::set_permissions(own, Permissions::from_mode(0o602)).unwrap();
        })
        .await;
    place
        .check("a pipe", 1, |_, own, _| {
            fs::remove_file(own).unwrap();
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, own, kind, rustix::fs::Mode::from(0o600), 0).unwrap();
        })
        .await;
    place
        .check("an entry that is gone", 0, |_, own, _| fs::remove_file(own).unwrap())
        .await;
}

#[tokio::test]
async fn with_another_key_nothing_that_is_there_is_run() {
    let _turn = Turn::together();
    let place = Place::new().await;
    place
        .check("no key", 1, |place, _, _| fs::remove_file(place.key()).unwrap())
        .await;
    place
        .check("another key", 1, |place, _, _| fs::write(place.key(), [7; 32]).unwrap())
        .await;
    place
        .check("a key cut short", 1, |place, _, _| {
            fs::write(place.key(), [7; 31]).unwrap()
        })
        .await;
    place
        .check("a key that others can read", 1, |place, _, _| {
            fs::set_permissions(place.key(), Permissions::from_mode(0o644)).unwrap();
        })
        .await;
    place
        .check("a link to the key", 1, |place, _, _| {
            let moved = place.elsewhere.path().join("moved");
            fs::rename(place.key(), &moved).unwrap();
            symlink(moved, place.key()).unwrap();
        })
        .await;
    // What was the key is as it was.
    assert_eq!(fs::read(place.elsewhere.path().join("moved")).unwrap().len(), 32);
}
