//! What a run found, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::latency::{CallTimes, SwapTimes};

/// What a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Calls that were asked for; more are made when the swaps take longer.
    pub(crate) calls: u64,
    /// Calls with an error, or with another answer than theirs.
    pub(crate) failed: u64,
    /// Calls that were made, the long ones with them.
    pub(crate) client_calls: u64,
    /// The calls that the host counted, over all releases.
    pub(crate) host_calls: u64,
    pub(crate) host_failed: u64,
    /// All swaps, rollbacks with them.
    pub(crate) swaps: u64,
    pub(crate) rollbacks: u64,
    /// Calls that outlived 20 swaps.
    pub(crate) long_calls: u64,
    pub(crate) swap_ms: SwapTimes,
    pub(crate) rollback_ms: SwapTimes,
    pub(crate) call_us_during_swaps: CallTimes,
    pub(crate) call_us_steady: CallTimes,
    pub(crate) seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

impl Report {
    /// Whether no call failed, and host and callers counted the same.
    pub(crate) fn is_right(&self) -> bool {
        self.failed == 0 && self.host_failed == 0 && self.client_calls == self.host_calls
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts can be written")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} calls in {:.1} s, {} failed; the host counted {}, {} failed",
            self.client_calls, self.seconds, self.failed, self.host_calls, self.host_failed
        )?;
        let Self {
            swaps,
            rollbacks,
            long_calls,
            ..
        } = self;
        writeln!(
            f,
            "{swaps} swaps, of them {rollbacks} rollbacks; {long_calls} calls outlived 20 swaps"
        )?;
        for (what, times) in [("new release", &self.swap_ms), ("rollback", &self.rollback_ms)] {
            let SwapTimes { p50, p99, max } = times;
            writeln!(f, "{what}: p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")?;
        }
        let during = &self.call_us_during_swaps;
        writeln!(
            f,
            "call during swaps: p50 {:.2} µs, p99 {:.2} µs",
            during.p50, during.p99
        )?;
        let steady = &self.call_us_steady;
        write!(
            f,
            "call between swaps: p50 {:.2} µs, p99 {:.2} µs",
            steady.p50, steady.p99
        )?;
        if let Some(failure) = &self.failure {
            write!(f, "\nthe first failure: {failure}")?;
        }
        Ok(())
    }
}
