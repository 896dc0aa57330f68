//! Starts of instances that fail one after the other: first they wait longer and longer, then the release is quarantined.
//!
//! Only starts count, and never what a call does: otherwise one caller with the right input could take a component away from
//! all others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How many starts in a row fail before a release is quarantined.
const MOST_FAILURES: u32 = 5;

/// How long nothing is started after the first failure; twice as long after each that follows.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// How long a quarantine lasts before one start is tried; twice as long after each that fails, up to the longest.
const FIRST_QUARANTINE: Duration = Duration::from_secs(30);
const LONGEST_QUARANTINE: Duration = Duration::from_secs(600);

/// The starts of one release's instances.
#[derive(Debug, Default)]
pub(crate) struct Starts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many have failed since the last that did not.
    failures: u32,
    /// When the last one failed, and until when nothing is started.
    last: Option<(Instant, Instant)>,
    reason: String,
    quarantined: Option<DateTime<Utc>>,
    /// Whether a quarantined release is being tried.
    is_tried: bool,
}

/// Why nothing is started now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Since when it is quarantined; none while it only waits.
    pub(crate) since: Option<DateTime<Utc>>,
    /// How long until one start is tried.
    pub(crate) wait: Duration,
    pub(crate) failures: u32,
    /// Why the last one failed.
    pub(crate) reason: String,
}

/// A release that is quarantined, because its instances could not be started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quarantine {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why its last instance could not be started.
    pub reason: String,
    /// In how many seconds one start is tried.
    pub retry_in_seconds: f64,
}

/// What a failed start led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is started for a while.
    Waits,
    /// The release is quarantined from now on.
    Quarantined(Duration),
}

/// A start that is under way.
#[derive(Debug)]
pub(crate) struct Starting<'a> {
    starts: &'a Starts,
    began: Instant,
    is_trial: bool,
}

impl Starts {
    /// Lets a start begin, or says why not.
    pub(crate) fn begin(&self, now: Instant) -> Result<Starting<'_>, Held> {
        let mut state = self.state();
        let wait = match state.last {
            Some((_, until)) => until.saturating_duration_since(now),
            None => Duration::ZERO,
        };
        let is_trial = state.quarantined.is_some();
        if !wait.is_zero() || (is_trial && state.is_tried) {
            return Err(state.held(wait));
        }
        state.is_tried = is_trial;
        Ok(Starting {
            starts: self,
            began: now,
            is_trial,
        })
    }

    /// Forgets every failure; says whether it was quarantined.
    pub(crate) fn forget(&self) -> bool {
        std::mem::take(&mut *self.state()).quarantined.is_some()
    }

    /// The quarantine that it is in.
    pub(crate) fn quarantine(&self, now: Instant) -> Option<Quarantine> {
        let state = self.state();
        let (_, until) = state.last?;
        Some(Quarantine {
            since: state.quarantined?,
            reason: state.reason.clone(),
            retry_in_seconds: until.saturating_duration_since(now).as_secs_f64(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn held(&self, wait: Duration) -> Held {
        Held {
            since: self.quarantined,
            wait,
            failures: self.failures,
            reason: self.reason.clone(),
        }
    }
}

impl Starting<'_> {
    /// It was good; says whether that has ended a quarantine.
    pub(crate) fn succeed(self) -> bool {
        // Most starts follow no failure, and have nothing to write.
        let is_clean = self.starts.state().failures == 0;
        !is_clean && self.starts.forget()
    }

    /// It was not, for this reason; none when others have failed in the meantime, which counts once.
    pub(crate) fn fail(self, now: Instant, reason: &str) -> Option<Outcome> {
        let mut state = self.starts.state();
        if state.last.is_some_and(|(last, _)| self.began <= last) {
            return None;
        }
        state.failures = state.failures.saturating_add(1);
        state.reason = reason.to_owned();
        let beyond = state.failures.checked_sub(MOST_FAILURES);
        let wait = match beyond {
            None => FIRST_WAIT.saturating_mul(1 << (state.failures - 1)),
            Some(more) => FIRST_QUARANTINE
                .saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX))
                .min(LONGEST_QUARANTINE),
        };
        state.last = Some((now, now + wait));
        if beyond.is_none() {
            return Some(Outcome::Waits);
        }
        state.quarantined.get_or_insert_with(Utc::now);
        Some(Outcome::Quarantined(wait))
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        // Whatever came of it, the next may be tried when its time has come.
        if self.is_trial {
            self.starts.state().is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails as soon as a start is let through; returns when, and what came of it.
    fn fail(starts: &Starts, now: Instant) -> (Instant, Outcome) {
        let at = match starts.begin(now) {
            Ok(_) => now,
            Err(held) => now + held.wait,
        };
        let outcome = starts.begin(at).unwrap().fail(at, "it trapped").unwrap();
        // Time goes on.
        (at + Duration::from_nanos(1), outcome)
    }

    #[test]
    fn starts_that_fail_wait_longer_and_longer_and_are_quarantined() {
        let (starts, begin) = (Starts::default(), Instant::now());
        let mut now = begin;
        for expected in [0, 100, 300, 700] {
            let (at, outcome) = fail(&starts, now);
            assert_eq!(((at - begin).as_millis(), outcome), (expected, Outcome::Waits));
            now = at;
        }
        assert_eq!(starts.quarantine(now), None);
        let (at, outcome) = fail(&starts, now);
        assert_eq!(outcome, Outcome::Quarantined(FIRST_QUARANTINE));
        let held = starts.begin(at).unwrap_err();
        assert!(
            held.since.is_some() && held.reason == "it trapped" && held.failures == 5,
            "{held:?}"
        );
        let quarantine = starts.quarantine(at).unwrap();
        assert!((29.9..=30.0).contains(&quarantine.retry_in_seconds));
        // Each trial that fails makes it last longer.
        let mut now = at;
        for seconds in [60, 120, 240, 480, 600, 600] {
            let (at, outcome) = fail(&starts, now);
            assert_eq!(outcome, Outcome::Quarantined(Duration::from_secs(seconds)));
            now = at;
        }
    }

    #[test]
    fn one_start_is_tried_at_a_time_and_a_good_one_ends_it() {
        let (starts, mut now) = (Starts::default(), Instant::now());
        for _ in 0..5 {
            now = fail(&starts, now).0;
        }
        now += FIRST_QUARANTINE;
        let trial = starts.begin(now).unwrap();
        assert!(starts.begin(now).is_err(), "another is under way");
        // Its caller goes away.
        drop(trial);
        assert!(starts.begin(now).unwrap().succeed());
        assert_eq!(starts.quarantine(now), None);
        assert!(!starts.begin(now).unwrap().succeed());
        // It begins from the beginning.
        assert_eq!(fail(&starts, now).1, Outcome::Waits);
    }

    #[test]
    fn starts_that_fail_together_count_once() {
        let (starts, now) = (Starts::default(), Instant::now());
        let together: Vec<_> = (0..8).map(|_| starts.begin(now).unwrap()).collect();
        let later = now + Duration::from_millis(5);
        let counted = together
            .into_iter()
            .filter_map(|start| start.fail(later, "no database"))
            .count();
        assert_eq!(counted, 1);
        assert_eq!(starts.begin(later).unwrap_err().wait, FIRST_WAIT);
    }

    #[test]
    fn an_operator_ends_a_quarantine() {
        let (starts, mut now) = (Starts::default(), Instant::now());
        assert!(!starts.forget());
        for _ in 0..5 {
            now = fail(&starts, now).0;
        }
        assert!(starts.forget());
        assert!(starts.begin(now).is_ok());
    }
}
