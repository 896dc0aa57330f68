//! What a release did while this host ran: its calls, its failures, and how long they took.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use histogram::{AtomicHistogram, Histogram};
use tokio::sync::Notify;

/// Buckets double in width 16 times per power of two: a value is known to 6 %.
const GROUPING: u8 = 4;
/// The largest value, in nanoseconds: 2^42, more than an hour.
const LARGEST: u8 = 42;

/// The measures of one release in service.
#[derive(Debug)]
pub(crate) struct Measures {
    calls: AtomicU64,
    failed: AtomicU64,
    latency: Option<AtomicHistogram>,
    /// Told of each failure, while somebody watches.
    failure: Notify,
    watched: AtomicBool,
}

/// The measures at one moment, or between two.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    latency: Option<Histogram>,
}

impl Measures {
    pub(crate) fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            // The two constants fit each other, so there always is one.
            latency: AtomicHistogram::new(GROUPING, LARGEST).ok(),
            failure: Notify::new(),
            watched: AtomicBool::new(false),
        }
    }

    /// Notes one call.
    pub(crate) fn note(&self, took: Duration, failed: bool) {
        if let Some(latency) = &self.latency {
            let most = (1_u64 << LARGEST) - 1;
            let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(most).min(most);
            let _ = latency.increment(nanoseconds);
        }
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        // After the failure, so that a reading never shows fewer failures than belong to its calls.
        self.calls.fetch_add(1, Ordering::Release);
        if failed && self.watched.load(Ordering::Relaxed) {
            self.failure.notify_one();
        }
    }

    /// Waits for the next failure, or for one since a watch began that nobody has waited for.
    pub(crate) async fn failure(&self) {
        self.failure.notified().await;
    }

    /// Begins a watch: the measures so far. From now on failures are told of.
    pub(crate) fn begin_watch(&self) -> Reading {
        self.watched.store(true, Ordering::Relaxed);
        self.read()
    }

    /// The measures so far.
    pub(crate) fn read(&self) -> Reading {
        let calls = self.calls.load(Ordering::Acquire);
        Reading {
            calls,
            failed: self.failed.load(Ordering::Relaxed).min(calls),
            latency: self.latency.as_ref().map(AtomicHistogram::load),
        }
    }
}

impl Reading {
    /// What came after `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let latency = match (&self.latency, &earlier.latency) {
            (Some(now), Some(before)) => now.wrapping_sub(before).ok(),
            (now, _) => now.clone(),
        };
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            failed: self.failed.saturating_sub(earlier.failed),
            latency,
        }
    }

    /// The share of the calls that failed; none without calls.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        // Counts are far below 2^52.
        (self.calls > 0).then(|| self.failed as f64 / self.calls as f64)
    }

    /// Within which time this percentage of the calls was done, to 6 %; none without calls.
    pub(crate) fn percentile(&self, percentile: f64) -> Option<Duration> {
        let found = self.latency.as_ref()?.quantile(percentile / 100.0).ok()??;
        let bucket = found.get(&histogram::Quantile::new(percentile / 100.0).ok()?)?;
        Some(Duration::from_nanos(bucket.end()))
    }
}

/// A call that is under way.
/// Dropped before its end, it was given up by its caller: then it has taken as long as the caller had patience.
pub(super) struct Noting<'a> {
    measures: &'a Measures,
    pub(super) begin: Instant,
    is_noted: bool,
}

impl<'a> Noting<'a> {
    pub(super) fn begin(measures: &'a Measures) -> Self {
        Self {
            measures,
            begin: Instant::now(),
            is_noted: false,
        }
    }

    /// Notes how it ended; `took` is how long the component took, when that is not until now.
    pub(super) fn end(mut self, took: Option<Duration>, failed: bool) {
        self.is_noted = true;
        self.measures.note(took.unwrap_or_else(|| self.begin.elapsed()), failed);
    }

    /// Notes nothing: another release takes the call.
    pub(super) fn forget(mut self) {
        self.is_noted = true;
    }
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        if !self.is_noted {
            self.measures.note(self.begin.elapsed(), false);
        }
    }
}

/// The calls of one component, over all its releases that this host has run.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Accounts>);

#[derive(Debug, Default)]
struct Accounts {
    open: Vec<Arc<Measures>>,
    calls: u64,
    failed: u64,
}

impl Ledger {
    /// Counts what these measures show, for as long as they are kept elsewhere and after.
    pub(crate) fn add(&self, measures: Arc<Measures>) {
        let mut accounts = self.accounts();
        accounts.close();
        accounts.open.push(measures);
    }

    /// All calls, and those that failed.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let mut accounts = self.accounts();
        accounts.close();
        let mut totals = (accounts.calls, accounts.failed);
        for measures in &accounts.open {
            let calls = measures.calls.load(Ordering::Acquire);
            totals.0 += calls;
            totals.1 += measures.failed.load(Ordering::Relaxed).min(calls);
        }
        totals
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// Closes the accounts of releases that are gone: nobody else can count on them any more.
    fn close(&mut self) {
        let (mut calls, mut failed) = (0, 0);
        self.open.retain(|measures| {
            let is_open = Arc::strong_count(measures) > 1;
            if !is_open {
                calls += measures.calls.load(Ordering::Acquire);
                failed += measures.failed.load(Ordering::Relaxed);
            }
            is_open
        });
        self.calls += calls;
        self.failed += failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_reading_shows_what_came_after_the_one_before() {
        let measures = Measures::new();
        measures.note(100 * MILLISECOND, true);
        let before = measures.read();
        for n in 1..=100 {
            measures.note(n * MILLISECOND, n > 98);
        }
        let after = measures.read().since(&before);
        assert_eq!((after.calls, after.failed), (100, 2));
        assert_eq!(after.error_rate(), Some(0.02));
        let p50 = after.percentile(50.0).unwrap();
        assert!(p50 >= 50 * MILLISECOND && p50 < 54 * MILLISECOND, "{p50:?}");
        let p99 = after.percentile(99.0).unwrap();
        assert!(p99 >= 99 * MILLISECOND && p99 < 106 * MILLISECOND, "{p99:?}");
        assert_eq!(before.since(&before).percentile(99.0), None);
        assert_eq!(before.since(&before).error_rate(), None);
    }

    #[test]
    fn what_takes_longer_than_can_be_measured_counts_as_the_longest() {
        let measures = Measures::new();
        measures.note(Duration::MAX, false);
        assert!(measures.read().percentile(50.0).unwrap() > Duration::from_secs(3600));
    }

    #[test]
    fn the_calls_of_releases_that_are_gone_are_kept() {
        let ledger = Ledger::default();
        let first = Arc::new(Measures::new());
        ledger.add(first.clone());
        first.note(MILLISECOND, false);
        first.note(MILLISECOND, true);
        drop(first);
        let second = Arc::new(Measures::new());
        ledger.add(second.clone());
        second.note(MILLISECOND, false);
        assert_eq!(ledger.totals(), (3, 1));
    }
}
