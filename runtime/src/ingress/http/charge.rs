//! What calls hold in memory, of which there is only so much for all of them together.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// The memory of a call is counted in pieces of this many bytes; what is less than one is free.
pub(super) const PIECE: usize = 64 << 10;

/// How many pieces there are for all calls at one time: 256 MiB.
pub(super) const PIECES: usize = 4_096;

/// What one call holds; given back when this is dropped.
pub(super) struct Charge {
    free: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

/// What waits to be taken by a client, and counts until it is.
struct Waiting {
    bytes: Vec<u8>,
    _charge: Charge,
}

impl Charge {
    pub(super) fn new(free: &Arc<Semaphore>) -> Self {
        Self {
            free: free.clone(),
            held: None,
            bytes: 0,
        }
    }

    /// Counts what has come in addition, so that nobody holds anything for what may never come.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), Refusal> {
        match self.take(bytes) {
            true => Ok(()),
            false => Err(Refusal::busy("the calls that are under way hold as much memory as they may").last()),
        }
    }

    /// Counts an answer in the place of all that the call held before, until nobody has any of it.
    pub(super) fn answer(mut self, mut bytes: Vec<u8>) -> Result<Bytes, Refusal> {
        self.held = None;
        self.bytes = 0;
        if !self.take(bytes.len()) {
            let message = "the component was called, and there is no memory for its answer: those that clients have not \
                           taken hold as much as they may";
            // The call was made, so that nobody is told to make it again.
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message));
        }
        bytes.shrink_to_fit();
        Ok(Bytes::from_owner(Waiting { bytes, _charge: self }))
    }

    /// Whether there is as much.
    fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from((self.bytes / PIECE).saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return true;
        }
        let Ok(more) = self.free.clone().try_acquire_many_owned(missing) else {
            return false;
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        true
    }
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_together_hold_what_there_is() {
        let free = Arc::new(Semaphore::new(3));
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

    #[test]
    fn an_answer_counts_until_the_last_of_it_is_taken() {
        let free = Arc::new(Semaphore::new(3));
        let mut call = Charge::new(&free);
        call.add(3 * PIECE).unwrap();
        let mut answer = call.answer(vec![1; 2 * PIECE]).unwrap();
        assert_eq!(free.available_permits(), 1, "the call itself counts no more");
        assert_eq!(Charge::new(&free).answer(vec![1; 2 * PIECE]).unwrap_err().status, 503);
        let last = answer.split_off(2 * PIECE - 1);
        drop(answer);
        assert_eq!(free.available_permits(), 1);
        drop(last);
        assert_eq!(free.available_permits(), 3);
    }
}
