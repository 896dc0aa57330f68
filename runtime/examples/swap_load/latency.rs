//! How long things took.

use std::time::Duration;

use histogram::AtomicHistogram;
use serde::Serialize;

/// How long calls took, known to 1 %.
#[derive(Debug)]
pub(crate) struct Latency(AtomicHistogram);

/// What half, and what 99 of 100 took at most, in microseconds.
#[derive(Debug, Default, Serialize)]
pub(crate) struct CallTimes {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// The same in milliseconds, and what the longest took.
#[derive(Debug, Default, Serialize)]
pub(crate) struct SwapTimes {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    /// Nothing so far.
    pub(crate) fn new() -> Self {
        // Buckets double in width 64 times per power of two; the longest is more than an hour.
        Self(AtomicHistogram::new(6, 42).expect("the two numbers fit each other"))
    }

    pub(crate) fn note(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.increment(nanoseconds).expect("nothing takes an hour");
    }

    pub(crate) fn times(&self) -> CallTimes {
        let found = self.0.load();
        let at = |share: f64| {
            let found = found.quantile(share).ok().flatten()?;
            let bucket = found.get(&histogram::Quantile::new(share).ok()?)?;
            Some(bucket.end() as f64 / 1e3)
        };
        CallTimes {
            p50: at(0.5).unwrap_or_default(),
            p99: at(0.99).unwrap_or_default(),
        }
    }
}

impl SwapTimes {
    /// The times of all swaps of one kind.
    pub(crate) fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        let at = |share: f64| {
            let place = (took.len().saturating_sub(1) as f64 * share).round() as usize;
            took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e3)
        };
        Self {
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}
