//! The calls: each carries a number of its own, and has to be answered with it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use airssys_wasm::Host;
use airssys_wasm::component::{ComponentName, Message};

use super::latency::Latency;

/// The swaps that a long call has to outlive.
const SPANNED: u64 = 20;

/// The first wait of long calls, and the longest; calls of a replaced release are cancelled after 30 s.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(16));

/// What callers and swaps know of each other.
#[derive(Debug)]
pub(crate) struct Calls {
    host: Host,
    name: ComponentName,
    next: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
    /// The number of finished calls that somebody waits for.
    due: AtomicU64,
    passed: Notify,
    /// Whether a swap is under way.
    is_swapping: AtomicBool,
    swapped: AtomicU64,
    /// Long calls that outlived enough swaps.
    outlived: AtomicU64,
    is_over: AtomicBool,
    during_swaps: Latency,
    steady: Latency,
    /// What the first call that failed was answered with.
    failure: Mutex<Option<String>>,
}

/// What became of all calls.
pub(crate) struct Outcome {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) outlived: u64,
    pub(crate) failure: Option<String>,
}

impl Calls {
    pub(crate) fn new(host: Host, name: ComponentName) -> Self {
        Self {
            host,
            name,
            next: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            due: AtomicU64::new(u64::MAX),
            passed: Notify::new(),
            is_swapping: AtomicBool::new(false),
            swapped: AtomicU64::new(0),
            outlived: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            during_swaps: Latency::new(),
            steady: Latency::new(),
            failure: Mutex::new(None),
        }
    }

    /// Calls without pause, until it is over.
    pub(crate) async fn go_on(&self) {
        while !self.is_over() {
            let was_swapping = self.is_swapping.load(Ordering::Relaxed);
            let began = Instant::now();
            self.call(Duration::ZERO).await;
            let took = began.elapsed();
            match was_swapping || self.is_swapping.load(Ordering::Relaxed) {
                true => self.during_swaps.note(took),
                false => self.steady.note(took),
            }
        }
    }

    /// Makes calls that wait in the guest, each longer than the one before until one outlives enough swaps.
    pub(crate) async fn go_on_long(&self) {
        let (mut wait, longest) = WAITS;
        while !self.is_over() {
            let before = self.swapped.load(Ordering::SeqCst);
            let is_right = self.call(wait).await;
            if self.swapped.load(Ordering::SeqCst) - before >= SPANNED {
                self.outlived.fetch_add(u64::from(is_right), Ordering::SeqCst);
            } else {
                wait = longest.min(wait * 2);
            }
        }
    }

    /// Calls once; whether the answer is the right one.
    async fn call(&self, wait: Duration) -> bool {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        let body = [nanoseconds.to_le_bytes(), id.to_le_bytes()].concat();
        let answer = self.host.call(&self.name, Message::bytes(body.clone())).await;
        let is_right = answer.as_ref().is_ok_and(|answer| answer.body == body);
        if !is_right {
            self.failed.fetch_add(1, Ordering::Relaxed);
            let mut failure = self.failure.lock().expect("nothing panics here");
            failure.get_or_insert_with(|| format!("call {id}: {answer:?}"));
        }
        if self.finished.fetch_add(1, Ordering::SeqCst) + 1 == self.due.load(Ordering::SeqCst) {
            self.passed.notify_one();
        }
        is_right
    }

    /// Waits until so many calls are finished.
    pub(crate) async fn passed(&self, calls: u64) {
        // In one order with the count: either the last of these calls sees this, or this sees that call.
        self.due.store(calls, Ordering::SeqCst);
        while self.finished.load(Ordering::SeqCst) < calls {
            self.passed.notified().await;
        }
    }

    /// Marks the calls that are made from now on as made during a swap, or not.
    pub(crate) fn swapping(&self, is_swapping: bool) {
        self.is_swapping.store(is_swapping, Ordering::Relaxed);
        if !is_swapping {
            self.swapped.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Lets the callers end.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome {
            calls: self.finished.load(Ordering::SeqCst),
            failed: self.failed.load(Ordering::SeqCst),
            outlived: self.outlived.load(Ordering::SeqCst),
            failure: self.failure.lock().expect("nothing panics here").take(),
        }
    }

    /// How long calls took during swaps, and between them.
    pub(crate) fn latencies(&self) -> (&Latency, &Latency) {
        (&self.during_swaps, &self.steady)
    }
}
