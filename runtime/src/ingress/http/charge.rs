//! What calls hold in memory, of which there is only so much for all of them together.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::refusal::Refusal;

/// The memory of a call is counted in pieces of this many bytes; what is less than one is free.
pub(super) const PIECE: usize = 64 << 10;

/// How many pieces there are for all calls at one time: 256 MiB.
pub(super) const PIECES: usize = 4_096;

/// What one call holds; given back when this is dropped.
pub(super) struct Charge<'a> {
    free: &'a Semaphore,
    held: Option<SemaphorePermit<'a>>,
    bytes: usize,
}

impl<'a> Charge<'a> {
    pub(super) fn new(free: &'a Semaphore) -> Self {
        let (held, bytes) = (None, 0);
        Self { free, held, bytes }
    }

    /// Counts what has come in addition, so that nobody holds anything for what may never come.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(bytes);
        let held = self.held.as_ref().map_or(0, SemaphorePermit::num_permits);
        let missing = u32::try_from((self.bytes / PIECE).saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return Ok(());
        }
        let Ok(more) = self.free.try_acquire_many(missing) else {
            return Err(Refusal::busy("the calls that are under way hold as much memory as they may").last());
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_together_hold_what_there_is() {
        let free = Semaphore::new(3);
        let (mut one, mut two) = (Charge::new(&free), Charge::new(&free));
        one.add(PIECE - 1).unwrap();
        assert_eq!(free.available_permits(), 3);
        one.add(PIECE + 1).unwrap();
        two.add(PIECE).unwrap();
        assert_eq!(free.available_permits(), 0);
        assert_eq!(two.add(PIECE).unwrap_err().status, 503);
        drop(one);
        two.add(PIECE).unwrap();
        drop(two);
        assert_eq!(free.available_permits(), 3);
    }
}
