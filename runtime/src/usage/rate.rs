//! How much passes in a length of time, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What has passed, as the time at which all of it will be forgotten.
///
/// It is the generic cell rate algorithm: an amount takes its part of the period, and what takes more than the rest of the
/// period has to wait until enough of it has gone by.
#[derive(Debug, Default)]
pub(super) struct Rate(AtomicU64);

/// So much in each of these lengths of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) amount: u64,
    pub(super) period: Duration,
}

impl Allowance {
    pub(super) fn per_second(amount: u64) -> Self {
        Self {
            amount,
            period: Duration::from_secs(1),
        }
    }

    pub(super) fn per_minute(amount: u64) -> Self {
        Self {
            amount,
            period: Duration::from_secs(60),
        }
    }

    fn period(self) -> u64 {
        u64::try_from(self.period.as_nanos()).unwrap_or(u64::MAX)
    }

    /// How much of the period an amount takes; where nothing is allowed, anything takes longer than there is.
    fn cost(self, amount: u64) -> u64 {
        let all = u128::from(amount) * u128::from(self.period());
        match self.amount {
            0 => u64::MAX,
            allowed => u64::try_from(all / u128::from(allowed)).unwrap_or(u64::MAX),
        }
    }
}

impl Rate {
    /// Takes an amount if it is there; `now` is in nanoseconds since any moment.
    pub(super) fn take(&self, amount: u64, allowance: Allowance, now: u64) -> bool {
        let end = now.saturating_add(allowance.period());
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |until| {
            let next = until.max(now).saturating_add(allowance.cost(amount));
            (next <= end).then_some(next)
        });
        taken.is_ok()
    }

    /// Takes an amount that has passed already, whether it was there or not.
    pub(super) fn add(&self, amount: u64, allowance: Allowance, now: u64) {
        let next = |until: u64| Some(until.max(now).saturating_add(allowance.cost(amount)));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// Whether anything is left.
    pub(super) fn has_more(&self, allowance: Allowance, now: u64) -> bool {
        self.0.load(Ordering::Relaxed).saturating_sub(now) < allowance.period()
    }

    /// How much of it is taken now.
    pub(super) fn used(&self, allowance: Allowance, now: u64) -> u64 {
        let taken = self
            .0
            .load(Ordering::Relaxed)
            .saturating_sub(now)
            .min(allowance.period());
        let used = u128::from(taken) * u128::from(allowance.amount) / u128::from(allowance.period().max(1));
        u64::try_from(used).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn what_is_used_up_comes_back_with_time() {
        let (rate, ten) = (Rate::default(), Allowance::per_second(10));
        let begin = 5 * SECOND;
        assert!(rate.take(10, ten, begin));
        assert_eq!(rate.used(ten, begin), 10);
        assert!(!rate.take(1, ten, begin) && !rate.has_more(ten, begin));
        let later = begin + SECOND / 10;
        assert!(rate.take(1, ten, later) && !rate.take(1, ten, later));
        let much_later = begin + 3_600 * SECOND;
        assert_eq!(rate.used(ten, much_later), 0);
        assert!(rate.take(10, ten, much_later) && !rate.take(1, ten, much_later));
    }

    #[test]
    fn what_has_passed_counts_also_beyond_what_was_there() {
        let (rate, hundred) = (Rate::default(), Allowance::per_minute(100));
        rate.add(300, hundred, 0);
        assert!(!rate.has_more(hundred, 119 * SECOND));
        assert!(rate.has_more(hundred, 121 * SECOND));
    }

    #[test]
    fn where_nothing_is_allowed_nothing_passes() {
        let (rate, nothing) = (Rate::default(), Allowance::per_second(0));
        assert!(!rate.take(1, nothing, 0) && !rate.take(1, nothing, u64::MAX / 2));
        assert_eq!(rate.used(nothing, 0), 0);
    }

    #[test]
    fn amounts_larger_than_all_are_refused_and_take_nothing() {
        let (rate, ten) = (Rate::default(), Allowance::per_second(10));
        assert!(!rate.take(11, ten, 0) && !rate.take(u64::MAX, ten, 0));
        assert!(rate.take(10, ten, 0));
    }
}
