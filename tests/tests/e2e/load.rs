//! Calls without pause while the component is swapped and rolled back: none fails, none is lost, none is made twice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use airssys_wasm::component::{Message, Package};
use airssys_wasm::{Action, DeployOptions, Host, Outcome, RollbackOptions, StateChoice};
use airssys_wasm_tests::{TestHost, guest, name};

/// The tasks that call without pause.
const CALLERS: usize = 4;

/// The swaps that a long call has to outlive.
const SPANNED: u64 = 20;

/// The longest wait of a long call; calls of a replaced release are cancelled after 30 s.
const LONGEST_WAIT: u64 = 16_000;

/// What callers and swaps know of each other.
#[derive(Default)]
struct Load {
    /// The number of the next call.
    next: AtomicU64,
    finished: AtomicU64,
    swapped: AtomicU64,
    /// Long calls that have outlived enough swaps.
    outlived: AtomicU64,
    is_over: AtomicBool,
    wrong: Mutex<Vec<String>>,
}

impl Load {
    /// Calls once; the answer has to be what is expected of it.
    async fn call(&self, host: &Host, component: &str, wait: Option<u64>, is_right: impl FnOnce(&str, &str) -> bool) {
        let id = self.next.fetch_add(1, Ordering::SeqCst).to_string();
        let mut message = Message::text(&id);
        message.metadata = wait
            .map(|wait| ("wait-ms".into(), wait.to_string()))
            .into_iter()
            .collect();
        let answer = host.call(&name(component), message).await;
        let answer = answer.map(|answer| answer.to_text().into_owned());
        if !answer.as_ref().is_ok_and(|answer| is_right(&id, answer)) {
            self.wrong.lock().unwrap().push(format!("{id}: {answer:?}"));
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until so many calls are finished.
    async fn passed(&self, calls: u64) {
        while self.finished.load(Ordering::SeqCst) < calls {
            tokio::task::yield_now().await;
        }
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Makes calls that wait in the guest, each longer than the one before until one has outlived enough swaps.
    async fn call_long(&self, host: &Host) {
        let mut wait = 250;
        while !self.is_over() {
            let before = self.swapped.load(Ordering::SeqCst);
            self.call(host, "a", Some(wait), |id, answer| id == answer).await;
            if self.swapped.load(Ordering::SeqCst) - before >= SPANNED {
                self.outlived.fetch_add(1, Ordering::SeqCst);
            } else {
                wait = LONGEST_WAIT.min(wait * 2);
            }
        }
    }

    fn check(&self, test: &TestHost, component: &str) {
        assert_eq!(*self.wrong.lock().unwrap(), Vec::<String>::new());
        let all = test.host.status();
        let status = all
            .iter()
            .find(|status| status.release.name.as_str() == component)
            .unwrap();
        assert_eq!(status.calls, self.next.load(Ordering::SeqCst));
        assert_eq!(status.failed, 0);
    }
}

/// The `n`th package of a component: each under a version of its own, every fourth with the same bytes.
fn package(component: &str, bytes: &[u8], n: u64) -> Package {
    // A custom section of which only the content differs.
    let bytes = [bytes, &[0, 3, 1, b'n', (n % 4) as u8]].concat();
    let version = format!("1.0.{n}").parse().unwrap();
    Package::new(bytes).name(name(component)).version(version)
}

/// Every fifth swap is a rollback, every fifth brings back an older release, the others bring new ones.
async fn swap(host: &Host, component: &str, bytes: &[u8], n: u64) {
    let target = name(component);
    match n % 5 {
        4 => {
            let mut options = RollbackOptions::default();
            options.state = Some(StateChoice::Live);
            host.rollback(&target, &options).await.unwrap();
        }
        2 => {
            let releases = host.releases(&target).await.unwrap();
            let version = &releases[releases.len() / 2].version;
            host.update(&target, version, &DeployOptions::default()).await.unwrap();
        }
        _ => {
            host.deploy(package(component, bytes, n)).await.unwrap();
        }
    }
}

async fn check_history(test: &TestHost, component: &str, swaps: u64) {
    let history = test.host.history(&name(component)).await.unwrap();
    assert_eq!(history.len() as u64, 1 + swaps);
    let rollbacks = history
        .iter()
        .filter(|record| record.action == Action::Rollback)
        .count();
    assert_eq!(rollbacks as u64, swaps / 5);
    for record in history {
        assert!(matches!(record.outcome, Some(Outcome::Succeeded { .. })), "{record:?}");
        assert_eq!((record.calls_cancelled, record.calls_lost), (0, None), "{record:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_and_each_is_counted_once_across_two_hundred_swaps() {
    const CALLS: u64 = 100_000;
    const SWAPS: u64 = 200;
    let test = TestHost::new().await;
    let bytes = guest("echoes-late");
    test.host.deploy(package("a", &bytes, 0)).await.unwrap();
    let load = Arc::new(Load::default());
    let mut tasks = Vec::new();
    for _ in 0..CALLERS {
        let (load, host) = (load.clone(), test.host.clone());
        tasks.push(tokio::spawn(async move {
            while !load.is_over() {
                load.call(&host, "a", None, |id, answer| id == answer).await;
            }
        }));
    }
    for _ in 0..2 {
        let (load, host) = (load.clone(), test.host.clone());
        tasks.push(tokio::spawn(async move { load.call_long(&host).await }));
    }
    let mut swaps = 0;
    // The last calls are long ones, which outlive as many swaps as it takes.
    while swaps < SWAPS || load.outlived.load(Ordering::SeqCst) < 2 {
        load.passed(swaps.min(SWAPS) * CALLS / SWAPS).await;
        swaps += 1;
        swap(&test.host, "a", &bytes, swaps).await;
        load.swapped.store(swaps, Ordering::SeqCst);
    }
    load.passed(CALLS).await;
    load.is_over.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    load.check(&test, "a");
    check_history(&test, "a", swaps).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_counts_each_call_once_across_fifty_swaps() {
    const CALLS: u64 = 5_000;
    const SWAPS: u64 = 50;
    let test = TestHost::new().await;
    let bytes = guest("counter");
    test.host.deploy(package("counter", &bytes, 0)).await.unwrap();
    let load = Arc::new(Load::default());
    let mut tasks = Vec::new();
    for _ in 0..CALLERS {
        let (load, host) = (load.clone(), test.host.clone());
        tasks.push(tokio::spawn(async move {
            let mut highest = 0;
            while !load.is_over() {
                let grows = |_: &str, answer: &str| {
                    let count: u64 = answer.parse().unwrap();
                    count > std::mem::replace(&mut highest, count)
                };
                load.call(&host, "counter", None, grows).await;
            }
        }));
    }
    for n in 1..=SWAPS {
        load.passed((n - 1) * CALLS / SWAPS).await;
        swap(&test.host, "counter", &bytes, n).await;
    }
    load.passed(CALLS).await;
    load.is_over.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    load.check(&test, "counter");
    check_history(&test, "counter", SWAPS).await;
    let calls = load.next.load(Ordering::SeqCst);
    assert_eq!(test.call("counter", "").await.unwrap(), (calls + 1).to_string());
}

#[tokio::test]
async fn a_caller_without_pause_leaves_its_thread_to_others() {
    const CALLS: u64 = 10_000;
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut turns = 0;
            while !is_over.load(Ordering::SeqCst) {
                turns += 1;
                tokio::task::yield_now().await;
            }
            turns
        }
    });
    for _ in 0..CALLS {
        test.host.call(&name("echo"), "x".into()).await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    // Tokio lets a task do 128 things at once.
    let turns: u64 = other.await.unwrap();
    assert!(turns >= CALLS / 200, "{turns} turns");
}
