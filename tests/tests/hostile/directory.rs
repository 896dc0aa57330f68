//! A state directory that came along with a project, and has things in it that no host puts there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use airssys_wasm::component::Message;
use airssys_wasm::{Error, Host};
use airssys_wasm_tests::{TestHost, copy_folder, name};

use crate::turn::Turn;

/// How long a host may take to open and to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What lies elsewhere, and is nobody's business.
const PRECIOUS: &str = "do not touch";

/// A used state directory, and the folder of somebody beside it.
struct Ground {
    folder: tempfile::TempDir,
    blob: String,
}

impl Ground {
    async fn new() -> Self {
        let test = TestHost::new().await;
        let deployed = test.deploy("logs-lines").await.unwrap();
        test.call("logs-lines", "first").await.unwrap();
        test.host.shutdown().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        copy_folder(test.folder.path(), &folder.path().join("state"));
        fs::create_dir(folder.path().join("home")).unwrap();
        let ground = Self {
            folder,
            blob: deployed.release.digest.to_string(),
        };
        for file in ["precious", ".tmp-precious", &ground.blob] {
            fs::write(ground.home(file), PRECIOUS).unwrap();
        }
        ground
    }

    fn home(&self, file: &str) -> PathBuf {
        self.folder.path().join("home").join(file)
    }

    fn state(&self, file: &str) -> PathBuf {
        self.folder.path().join("state").join(file)
    }

    /// Opens a host on the directory and calls the component: `ok`, or the code of the error.
    async fn answer(&self) -> String {
        let used = async {
            let opened = Host::builder().state_dir(self.state("")).build().await;
            let host = match opened {
                Ok(host) => host,
                Err(error) => return told(&error),
            };
            let called = host.call(&name("logs-lines"), Message::text("second")).await;
            host.shutdown().await.unwrap();
            called.map_or_else(|error| told(&error), |_| "ok".into())
        };
        let used = tokio::time::timeout(PATIENCE, used).await;
        used.unwrap_or_else(|_| "nothing in time".into())
    }

    /// What is elsewhere is what was there, and no more.
    fn check_home(&self, what: &str) {
        let entries = fs::read_dir(self.home("")).unwrap();
        let mut found: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let mut expected = vec![".tmp-precious".to_owned(), "precious".into(), self.blob.clone()];
        expected.sort();
        assert_eq!(found, expected, "{what}");
        for file in expected {
            assert_eq!(
                fs::read_to_string(self.home(&file)).unwrap(),
                PRECIOUS,
                "{what}: {file}"
            );
        }
    }
}

fn told(error: &Error) -> String {
    error.code().as_str().to_owned()
}

/// Removes what is there, whatever it is.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
}

fn pipe(path: &Path) {
    remove(path);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, path, kind, rustix::fs::Mode::from(0o600), 0).unwrap();
}

fn link(path: &Path, to: impl AsRef<Path>) {
    remove(path);
    symlink(to, path).unwrap();
}

async fn check(what: &str, expected: &str, place: impl FnOnce(&Ground)) {
    let ground = Ground::new().await;
    place(&ground);
    let answer = ground.answer().await;
    assert!(
        expected.split('|').any(|expected| expected == answer),
        "{what}: {answer} instead of {expected}"
    );
    ground.check_home(what);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deployed_answers_in_a_copy() {
    let _turn = Turn::together();
    check("nothing is changed", "ok", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_in_a_state_directory_lead_nowhere() {
    let _turn = Turn::together();
    let store = "store-failed|store-damaged|release-collected";
    for file in ["lock", "store.redb"] {
        check(file, store, |ground| link(&ground.state(file), ground.home("precious"))).await;
    }
    check("a database elsewhere", store, |ground| {
        let moved = ground.folder.path().join("moved");
        fs::rename(ground.state("store.redb"), &moved).unwrap();
        link(&ground.state("store.redb"), moved);
    })
    .await;
    for folder in ["blobs", "blobs/sha256"] {
        check(folder, store, |ground| link(&ground.state(folder), ground.home(""))).await;
    }
    for target in ["/dev/zero", "/dev/stdin", "/proc/self/mem", "/etc/passwd"] {
        check(target, store, |ground| {
            link(&ground.state(&format!("blobs/sha256/{}", ground.blob)), target);
        })
        .await;
    }
    // These are not needed to answer: they are left out, or replaced.
    for file in ["cache", "logs"] {
        check(file, "ok", |ground| link(&ground.state(file), ground.home(""))).await;
    }
    for file in [
        "cache.key",
        "logs/logs-lines.jsonl",
        "logs/logs-lines.old.jsonl",
        "store.new",
        "control.sock",
    ] {
        check(file, "ok", |ground| link(&ground.state(file), ground.home("precious"))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pipes_and_folders_in_place_of_files_are_not_waited_for() {
    let _turn = Turn::together();
    let store = "store-failed|store-damaged|release-collected";
    for file in ["lock", "store.redb"] {
        check(file, store, |ground| pipe(&ground.state(file))).await;
        check(file, store, |ground| {
            remove(&ground.state(file));
            fs::create_dir(ground.state(file)).unwrap();
        })
        .await;
    }
    check("blob", store, |ground| {
        pipe(&ground.state(&format!("blobs/sha256/{}", ground.blob)))
    })
    .await;
    check("a blob of 1 TiB", store, |ground| {
        let blob = fs::File::create(ground.state(&format!("blobs/sha256/{}", ground.blob))).unwrap();
        blob.set_len(1 << 40).unwrap();
    })
    .await;
    for file in ["cache.key", "logs/logs-lines.jsonl"] {
        check(file, "ok", |ground| pipe(&ground.state(file))).await;
    }
    for folder in ["cache", "logs"] {
        check(folder, "ok", |ground| pipe(&ground.state(folder))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_used_stays_the_owners() {
    let _turn = Turn::together();
    let ground = Ground::new().await;
    let host = Host::builder().state_dir(ground.state("")).build().await.unwrap();
    // Whatever happens to the names, a second owner is refused as long as the first one is there.
    let told = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let second = Host::builder().state_dir(ground.state("")).build().await;
        told.lock()
            .unwrap()
            .push(second.map_or_else(|error| error.code().as_str(), |_| "ok"));
    }
    assert_eq!(*told.lock().unwrap(), ["state-in-use"; 3]);
    host.shutdown().await.unwrap();
    drop(host);
    assert_eq!(ground.answer().await, "ok");
}
