//! A directory with everything in it that could lead out, a secret beside it, and a guest that is let into it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use airssys_wasm::capability::Policy;
use airssys_wasm::component::Manifest;
use airssys_wasm::{Error, Event};
use airssys_wasm_tests::TestHost;

use crate::turn::Turn;

/// What no guest may ever read.
pub(super) const SECRET: &str = "the canary";

/// The guest.
pub(super) const GUEST: &str = "operates-on-files";

/// The parts of the directory, and what the guest may do in them: read, write.
pub(super) const PLACES: [(&str, bool, bool); 4] = [
    ("read", true, false),
    ("write", false, true),
    ("both", true, true),
    ("none", false, false),
];

/// The usual grants: what [`PLACES`] says.
pub(super) const READ: &[&str] = &["/data/read/**", "/data/both/**"];
pub(super) const WRITE: &[&str] = &["/data/write/**", "/data/both/**"];

/// A host with the guest in it, and the directories.
pub(super) struct Yard {
    pub(super) test: TestHost,
    folder: tempfile::TempDir,
    _turn: Turn,
}

/// What is at each path: its kind, its length, what it holds, when it was changed and how many names it has.
pub(super) type Snapshot = BTreeMap<PathBuf, String>;

impl Yard {
    /// Deploys the guest, which asks for these patterns and is granted them.
    pub(super) async fn open(read: &[&str], write: &[&str]) -> Self {
        Self::with(read, write, |folder| {
            policy(read, write, &[("/data", folder.join("data"))])
        })
        .await
        .unwrap()
    }

    /// Deploys the guest, which asks for these patterns, under a policy.
    pub(super) async fn with(
        read: &[&str],
        write: &[&str],
        policy: impl FnOnce(&Path) -> String,
    ) -> Result<Self, Error> {
        let turn = Turn::together();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("outside/dir")).unwrap();
        fs::write(folder.path().join("outside/secret"), SECRET).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let policy = Policy::parse(&policy(folder.path())).unwrap();
        let test = TestHost::with(|builder| builder.policy(policy)).await;
        let yard = Self {
            test,
            folder,
            _turn: turn,
        };
        yard.fill();
        let manifest = format!("manifest-version = 1\n[capabilities]\nfile-read = {read:?}\nfile-write = {write:?}\n");
        let manifest = Manifest::parse(&manifest).unwrap();
        yard.test
            .deploy_as(GUEST, "1.0.0", |package| package.manifest(manifest))
            .await?;
        Ok(yard)
    }

    /// The directory that the guest knows as `/data`.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// Makes everything in the directory as it was in the beginning.
    pub(super) fn fill(&self) {
        let data = self.data();
        for entry in fs::read_dir(&data).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        for (place, ..) in PLACES {
            let place = data.join(place);
            fs::create_dir_all(place.join("d")).unwrap();
            fs::write(place.join("f"), "a file").unwrap();
            symlink(self.outside().join("secret"), place.join("to-secret")).unwrap();
            symlink("../../outside", place.join("to-outside")).unwrap();
            symlink("to-self", place.join("to-self")).unwrap();
            symlink("to-secret", place.join("to-link")).unwrap();
            symlink("f", place.join("to-f")).unwrap();
            symlink("/proc/self/root", place.join("to-root")).unwrap();
            rustix::fs::mknodat(
                rustix::fs::CWD,
                place.join("pipe"),
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::from_raw_mode(0o600),
                0,
            )
            .unwrap();
            drop(UnixListener::bind(place.join("socket")).unwrap());
        }
    }

    /// Runs operations, and answers with what each gave.
    pub(super) async fn run(&self, script: &str) -> Vec<String> {
        let answer = self.test.call(GUEST, script).await.unwrap();
        answer.split('\n').map(str::to_owned).collect()
    }

    /// Checks operations, each with what it has to give.
    pub(super) async fn check(&self, cases: &[(&str, &str)]) {
        let script: Vec<_> = cases.iter().map(|(line, _)| *line).collect();
        let answers = self.run(&script.join("\n")).await;
        let expected: Vec<_> = cases
            .iter()
            .map(|(line, answer)| format!("{line} -> {answer}"))
            .collect();
        let given: Vec<_> = script
            .iter()
            .zip(answers)
            .map(|(line, answer)| format!("{line} -> {answer}"))
            .collect();
        assert_eq!(given, expected);
    }

    /// What was denied, as `capability pattern refusal`.
    pub(super) fn denied(&self) -> Vec<String> {
        let events = self.test.events().into_iter();
        let denied = events.filter_map(|event| match event {
            Event::Denied {
                capability,
                pattern,
                refusal,
                ..
            } => Some(format!("{capability} {pattern} {refusal:?}")),
            _ => None,
        });
        denied.collect()
    }

    /// All that the guest may not change.
    pub(super) fn untouchable(&self) -> Snapshot {
        let mut all = Snapshot::new();
        for folder in [self.outside(), self.data().join("read"), self.data().join("none")] {
            snapshot(&folder, &mut all);
        }
        all
    }

    /// All that there is.
    pub(super) fn everything(&self) -> Snapshot {
        let mut all = Snapshot::new();
        snapshot(self.folder.path(), &mut all);
        all
    }
}

/// A policy that grants the guest these patterns, with these mounts.
pub(super) fn policy(read: &[&str], write: &[&str], mounts: &[(&str, PathBuf)]) -> String {
    let mounts: Vec<_> = mounts
        .iter()
        .map(|(guest, host)| format!("{guest:?} = {host:?}"))
        .collect();
    format!(
        "policy-version = 1\n[[grant]]\nto = {GUEST:?}\nfile-read = {read:?}\nfile-write = {write:?}\nbroad = true\n\
         mounts = {{ {} }}\n",
        mounts.join(", ")
    )
}

fn snapshot(folder: &Path, into: &mut Snapshot) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_file() {
            fs::read_to_string(&path).unwrap()
        } else {
            String::new()
        };
        // The number of names tells a hard link from a copy.
        let text = format!(
            "{:?} {} {} {content}",
            found.file_type(),
            found.nlink(),
            found.mtime_nsec()
        );
        if found.is_dir() {
            snapshot(&path, into);
        }
        into.insert(path, text);
    }
}
