//! How much of a component's output is kept over time.

use std::time::Instant;

/// The bytes of a component's output that are kept in each second, in the long run.
const PER_SECOND: f64 = 256.0 * 1024.0;

/// The bytes that are kept at once, after a quiet time.
const BURST: f64 = 4.0 * 1024.0 * 1024.0;

/// A budget that refills as time passes.
#[derive(Debug)]
pub(super) struct Rate {
    left: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, at: now }
    }

    /// Takes `amount` of the budget, if it is there.
    pub(super) fn take(&mut self, amount: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * PER_SECOND).min(BURST);
        self.at = now;
        // Lines are short: every amount is exact.
        #[expect(clippy::cast_precision_loss, reason = "an amount is at most a line")]
        let amount = amount as f64;
        let is_there = amount <= self.left;
        if is_there {
            self.left -= amount;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_budget_is_used_up_and_refills() {
        let begin = Instant::now();
        let mut rate = Rate::new(begin);
        assert!(rate.take(4 << 20, begin));
        assert!(!rate.take(1, begin));
        let later = begin + Duration::from_secs(1);
        assert!(rate.take(256 << 10, later));
        assert!(!rate.take(1, later));
        let much_later = begin + Duration::from_secs(3_600);
        assert!(rate.take(4 << 20, much_later));
        assert!(!rate.take(1, much_later));
    }
}
