//! Cancels the calls that are under way, and none that begins later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::sync::Notify;

/// Cancels calls that began before a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancellation(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    generation: AtomicU64,
    fired: Notify,
    cancelled: AtomicU32,
}

/// When a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began(u64);

impl Cancellation {
    /// The moment at which a call begins.
    pub(crate) fn now(&self) -> Began {
        Began(self.0.generation.load(Ordering::Acquire))
    }

    /// Waits until calls that began then are cancelled.
    pub(crate) async fn of(&self, began: Began) {
        loop {
            let fired = self.0.fired.notified();
            if self.now().0 != began.0 {
                return;
            }
            fired.await;
        }
    }

    /// Cancels what is under way.
    pub(crate) fn fire(&self) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        self.0.fired.notify_waiters();
    }

    /// Counts a call that was cancelled.
    pub(crate) fn count(&self) {
        self.0.cancelled.fetch_add(1, Ordering::AcqRel);
    }

    /// The calls that were cancelled since the last look.
    pub(crate) fn take(&self) -> u32 {
        self.0.cancelled.swap(0, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_begins_later_is_not_cancelled() {
        let cancellation = Cancellation::default();
        let before = cancellation.now();
        let waiting = tokio::spawn({
            let cancellation = cancellation.clone();
            async move { cancellation.of(before).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        cancellation.fire();
        waiting.await.unwrap();
        let later = cancellation.of(cancellation.now());
        tokio::select! {
            biased;
            () = later => panic!("it began later"),
            () = std::future::ready(()) => {}
        }
    }
}
