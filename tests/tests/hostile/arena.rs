//! A host with a healthy component in it, which is watched while hostile ones are deployed beside it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airssys_wasm::component::{Manifest, Message, Package, callable};
use airssys_wasm::{Deployment, Error, Host, HostBuilder};
use airssys_wasm_tests::{TestHost, name, own_compiler, workspace};

use crate::case::Case;
use crate::turn::Turn;

/// Sets up a host in one way.
type Adapt = fn(HostBuilder) -> HostBuilder;

/// The ways of compiling; every case is run with each.
pub(crate) const COMPILERS: &[(&str, Adapt)] = &[
    ("in the process of the host", |builder| builder),
    ("in a process of its own", |builder| builder.compiler(own_compiler())),
];

/// The longest that a case may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long descriptors and memory may take to come back.
const SETTLING: Duration = Duration::from_secs(5);
/// What a case may need at the same time beyond what there was before: the bytes are there several times.
const PEAK_MIB: u64 = 1_024;
/// What may be left of it: the allocator keeps some of what it has had.
pub(crate) const LEFT_MIB: u64 = 128;
/// The longest message of an error, names of the guest included.
const MAX_MESSAGE: usize = 12 << 10;
/// The healthy component.
const NEIGHBOUR: &str = "echo";

/// A host, its healthy component, and whoever keeps calling that.
pub(crate) struct Arena {
    test: Option<TestHost>,
    compiler: &'static str,
    answers: Arc<AtomicU64>,
    failures: Arc<Mutex<Vec<String>>>,
    calls: tokio::task::JoinHandle<()>,
}

/// What must be the same before and after.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) components: Vec<String>,
    blobs: BTreeSet<String>,
}

/// Runs every case with every compiler, and says everything that does not hold.
pub(crate) fn check(cases: impl Fn() -> Vec<Case>) {
    alone(async {
        for (compiler, adapt) in COMPILERS {
            let mut arena = Arena::open(compiler, *adapt).await;
            let mut problems = Vec::new();
            for case in cases() {
                problems.extend(arena.run(&case).await);
            }
            problems.extend(arena.close().await);
            none(&problems);
        }
    });
}

/// Says everything that does not hold.
pub(crate) fn none(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Runs a test while no other of this program runs: descriptors and memory are those of the whole process.
pub(crate) fn alone<T>(test: impl Future<Output = T>) -> T {
    let _turn = Turn::alone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(test)
}

impl Arena {
    /// Opens a host with the healthy component, and begins to call that.
    pub(crate) async fn open(compiler: &'static str, adapt: Adapt) -> Self {
        let test = TestHost::with(adapt).await;
        test.deploy(NEIGHBOUR).await.unwrap();
        let (answers, failures) = (Arc::default(), Arc::default());
        let calls = tokio::spawn(call_for_ever(
            test.host.clone(),
            Arc::clone(&answers),
            Arc::clone(&failures),
        ));
        Self {
            test: Some(test),
            compiler,
            answers,
            failures,
            calls,
        }
    }

    pub(crate) fn test(&self) -> &TestHost {
        self.test.as_ref().expect("the arena is open")
    }

    /// The compiled code of the healthy component, as the host keeps it.
    pub(crate) async fn compiled_code() -> Vec<u8> {
        let test = TestHost::new().await;
        test.deploy(NEIGHBOUR).await.unwrap();
        let mut files = std::fs::read_dir(test.folder.path().join("cache")).unwrap().flatten();
        let file = files.find(|file| file.path().extension().is_some_and(|end| end == "aot"));
        std::fs::read(file.unwrap().path()).unwrap()
    }

    /// Deploys the bytes.
    pub(crate) async fn deploy(&self, bytes: Vec<u8>, limited: bool) -> Result<Deployment, Error> {
        let mut package = Package::new(bytes).name(name("hostile"));
        if limited {
            let manifest = "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"200ms\"\n";
            package = package.manifest(Manifest::parse(manifest).unwrap());
        }
        self.test().host.deploy(package).await
    }

    /// Runs one case, and returns what does not hold.
    pub(crate) async fn run(&mut self, case: &Case) -> Vec<String> {
        let mut problems = Vec::new();
        let bytes = (case.bytes)();
        problems.extend(read_types(bytes.clone()).await);
        let stored = self.stored();
        let answered = self.answers.load(Ordering::Acquire);
        reset_peak();
        let (descriptors, memory) = (descriptors(), memory_mib("VmRSS"));
        let began = Instant::now();
        let deployed = tokio::time::timeout(PATIENCE, self.deploy(bytes, case.limited)).await;
        let taken = began.elapsed();
        let peak = memory_mib("VmHWM").saturating_sub(memory);
        if taken > PATIENCE {
            problems.push(format!("takes {taken:?}"));
        }
        if peak > PEAK_MIB {
            problems.push(format!("needs {peak} MiB"));
        }
        let answer = match deployed {
            Err(_) => "nothing in time",
            Ok(Ok(_)) => {
                let removed = self.test().host.remove(&name("hostile")).await;
                problems.extend(removed.err().map(|error| format!("cannot be removed: {error}")));
                "ok"
            }
            Ok(Err(error)) => {
                problems.extend(self.look_at(&error));
                innermost(&error).code().as_str()
            }
        };
        if !case.expected.split('|').any(|expected| expected == answer) {
            problems.push(format!("{answer} instead of {}", case.expected));
        }
        self.wait_for_an_answer(answered).await;
        problems.append(&mut self.failures.lock().unwrap());
        let now = self.stored();
        if answer != "ok" && now.components != stored.components {
            problems.push(format!("the store was {stored:?} and is {now:?}"));
        }
        if settles(|| descriptors_are_back(descriptors)).await.is_err() {
            problems.push(format!("{descriptors} descriptors became {}", self::descriptors()));
        }
        let back = settles(|| memory_mib("VmRSS") <= memory + LEFT_MIB).await;
        if back.is_err() {
            problems.push(format!("{memory} MiB became {}", memory_mib("VmRSS")));
        }
        if std::env::var_os("AIRSSYS_HOSTILE_SHOW").is_some() {
            show(&format!(
                "{answer:20} {taken:>12?} of {:?} +{peak} MiB  {}",
                began.elapsed(),
                case.what
            ));
        }
        problems
            .iter()
            .map(|problem| format!("{} ({}): {problem}", case.what, self.compiler))
            .collect()
    }

    /// What an error must be: short, and without anything of the machine it happened on.
    pub(crate) fn look_at(&self, error: &Error) -> Vec<String> {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(reason) = source {
            text.push_str(&format!(": {reason}"));
            source = reason.source();
        }
        if std::env::var_os("AIRSSYS_HOSTILE_SHOW").is_some() {
            show(&text.chars().take(200).collect::<String>());
        }
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
        let folder = self.test().folder.path().to_owned();
        let private = [
            folder.display().to_string(),
            workspace().display().to_string(),
            home,
            ".rs:".into(),
        ];
        let mut problems: Vec<String> = private
            .iter()
            .filter(|secret| text.contains(secret.as_str()))
            .map(|secret| format!("`{secret}` is in the message: {text}"))
            .collect();
        if text.len() > MAX_MESSAGE {
            problems.push(format!("the message has {} bytes", text.len()));
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\n') {
            problems.push(format!("the message has control characters: {text:?}"));
        }
        problems
    }

    /// How often the healthy component has answered.
    pub(crate) fn answered(&self) -> u64 {
        self.answers.load(Ordering::Acquire)
    }

    /// What the healthy component's callers have seen go wrong since this was asked.
    pub(crate) fn failures(&self) -> Vec<String> {
        std::mem::take(&mut self.failures.lock().unwrap())
    }

    /// Waits until the healthy component has answered again.
    pub(crate) async fn wait_for_an_answer(&self, before: u64) {
        let answered = settles(|| self.answers.load(Ordering::Acquire) > before).await;
        if answered.is_err() {
            self.failures
                .lock()
                .unwrap()
                .push("the healthy component does not answer".into());
        }
    }

    pub(crate) fn stored(&self) -> Stored {
        let status = self.test().host.status();
        let blobs = std::fs::read_dir(self.test().folder.path().join("blobs/sha256")).unwrap();
        Stored {
            components: status.iter().map(|status| status.release.label()).collect(),
            blobs: blobs
                .flatten()
                .map(|file| file.file_name().to_string_lossy().into_owned())
                .collect(),
        }
    }

    /// Opens the store again: what is in it is the healthy component, which answers.
    pub(crate) async fn close(mut self) -> Vec<String> {
        self.calls.abort();
        let _ = (&mut self.calls).await;
        let Some(test) = self.test.take() else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        if tokio::time::timeout(PATIENCE, test.host.shutdown()).await.is_err() {
            problems.push(format!("the host does not end within {PATIENCE:?}"));
        }
        let test = test.reopen().await;
        let status = test.host.status();
        let names: Vec<&str> = status.iter().map(|status| status.release.name.as_str()).collect();
        if names != [NEIGHBOUR] {
            problems.push(format!("after a new start there are {names:?}"));
        }
        match test.call(NEIGHBOUR, "still here").await {
            Ok(answer) if answer == "still here" => {}
            other => problems.push(format!("after a new start the healthy component says {other:?}")),
        }
        problems
    }
}

pub(crate) fn innermost(error: &Error) -> &Error {
    match error {
        Error::Deployment { reason, .. } => innermost(reason),
        error => error,
    }
}

/// Reads and prints the types of what passes the inspection, as the command line does: without end or panic.
async fn read_types(bytes: Vec<u8>) -> Option<String> {
    // An error is as good as types: there are components whose types have no text.
    let read = tokio::task::spawn_blocking(move || drop(callable(&bytes)));
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("reading its types fails: {error}")),
        Err(_) => Some("reading its types does not end in time".into()),
    }
}

async fn call_for_ever(host: Host, answers: Arc<AtomicU64>, failures: Arc<Mutex<Vec<String>>>) {
    let mut pause = tokio::time::interval(Duration::from_millis(2));
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pause.tick().await;
        match host.call(&name(NEIGHBOUR), Message::text("are you well")).await {
            Ok(answer) if answer.to_text() == "are you well" => {
                answers.fetch_add(1, Ordering::AcqRel);
            }
            other => failures
                .lock()
                .unwrap()
                .push(format!("the healthy component answered {other:?}")),
        }
    }
}

/// Waits until something holds.
pub(crate) async fn settles(mut holds: impl FnMut() -> bool) -> Result<(), tokio::time::error::Elapsed> {
    let wait = async {
        let mut pause = tokio::time::interval(Duration::from_millis(2));
        while !holds() {
            pause.tick().await;
        }
    };
    tokio::time::timeout(SETTLING, wait).await
}

pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn descriptors_are_back(before: usize) -> bool {
    descriptors() <= before
}

/// A figure of this process in MiB; 0 where the system does not tell.
pub(crate) fn memory_mib(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) >> 10
}

/// Has the kernel count the highest use of memory from now on.
pub(crate) fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[expect(clippy::print_stderr, reason = "asked for by whoever runs the tests")]
pub(crate) fn show(line: &str) {
    eprintln!("{line}");
}
