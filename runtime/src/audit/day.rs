//! How many denials of one component have entries in one day: whoever is denied ever new things fills no disk.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::trail::lock;
use crate::capability::Refusal;

/// How many denials have an entry in a day, for each reason: noise for one takes nothing from what is denied for another.
const ENTRIES: u32 = 1_000;

/// A day, as the clock of this machine counts it from the first denial.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long counts wait for a reason that has no entries left: each names examples, and is as long as several entries.
pub(super) const COUNTS: Duration = Duration::from_secs(10 * 60);

/// The entries of one component, whichever of its releases is denied something.
#[derive(Debug, Default)]
pub(super) struct Day(Mutex<HashMap<Refusal, (Instant, u32)>>);

impl Day {
    /// Takes one of the entries of this day, when there is one.
    pub(super) fn take(&self, refusal: Refusal, now: Instant) -> bool {
        let mut taken = lock(&self.0);
        let (since, taken) = taken.entry(refusal).or_insert((now, 0));
        if now.saturating_duration_since(*since) >= DAY {
            (*since, *taken) = (now, 0);
        }
        let is_left = *taken < ENTRIES;
        *taken += u32::from(is_left);
        is_left
    }

    /// Whether there is no entry left.
    pub(super) fn is_spent(&self, refusal: Refusal, now: Instant) -> bool {
        let taken = lock(&self.0);
        taken
            .get(&refusal)
            .is_some_and(|(since, taken)| *taken >= ENTRIES && now.saturating_duration_since(*since) < DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_so_many_entries_in_a_day() {
        let (day, begin) = (Day::default(), Instant::now());
        let count = |refusal, now| (0..5_000).filter(|_| day.take(refusal, now)).count();
        assert_eq!(count(Refusal::NotAsked, begin), 1_000);
        assert_eq!(count(Refusal::Revoked, begin), 1_000);
        assert!(day.is_spent(Refusal::NotAsked, begin) && !day.is_spent(Refusal::NotGranted, begin));
        let later = begin + DAY - Duration::from_secs(1);
        assert_eq!(count(Refusal::NotAsked, later), 0);
        let next = begin + DAY;
        assert!(!day.is_spent(Refusal::NotAsked, next));
        assert_eq!(count(Refusal::NotAsked, next), 1_000);
    }
}
