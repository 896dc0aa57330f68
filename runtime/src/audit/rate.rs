//! How many entries of one kind a release may cause over time; beyond that they are counted.

use std::time::{Duration, Instant};

/// The entries in each second.
const PER_SECOND: u32 = 100;

/// A number of entries that begins anew with each second.
#[derive(Debug)]
pub(super) struct Rate {
    begun: Instant,
    taken: u32,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { begun: now, taken: 0 }
    }

    /// Whether there is room for one more.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.begun) >= Duration::from_secs(1) {
            *self = Self::new(now);
        }
        self.taken = self.taken.saturating_add(1);
        self.taken <= PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_again_in_the_next_second() {
        let begin = Instant::now();
        let mut rate = Rate::new(begin);
        assert_eq!((0..150).filter(|_| rate.take(begin)).count(), 100);
        assert!(!rate.take(begin + Duration::from_millis(999)));
        assert!(rate.take(begin + Duration::from_secs(1)));
    }
}
