//! Counts what is under way, up to a limit, and tells when nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

/// What is under way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Count>);

#[derive(Debug)]
struct Count {
    now: AtomicU32,
    limit: u32,
    /// Whether anybody has ever waited; until then nobody is told, because telling takes a lock.
    awaited: AtomicBool,
    idle: Notify,
}

/// One thing that counts as under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken(Arc<Count>);

/// The same for what does not outlive the count.
pub(crate) struct Held<'a>(&'a Count);

impl InFlight {
    /// Nothing under way, and at most `limit` at the same time.
    pub(crate) fn new(limit: u32) -> Self {
        Self(Arc::new(Count {
            now: AtomicU32::new(0),
            limit,
            awaited: AtomicBool::new(false),
            idle: Notify::new(),
        }))
    }

    /// Counts one more; none when that is over the limit.
    pub(crate) fn take(&self) -> Option<Taken> {
        self.0.begin().then(|| Taken(self.0.clone()))
    }

    /// Counts one more, also over the limit: it was admitted elsewhere already.
    pub(crate) fn take_admitted(&self) -> Taken {
        self.0.now.fetch_add(1, Ordering::SeqCst);
        Taken(self.0.clone())
    }

    /// Counts one more for as long as this is borrowed; none when that is over the limit.
    pub(crate) fn hold(&self) -> Option<Held<'_>> {
        self.0.begin().then(|| Held(&self.0))
    }

    /// How much is under way now.
    pub(crate) fn now(&self) -> u32 {
        self.0.now.load(Ordering::Relaxed)
    }

    /// Waits until nothing is under way.
    pub(crate) async fn wait_for_none(&self) {
        // In one order with the end of what is under way: either it sees this, or this sees that it has ended.
        self.0.awaited.store(true, Ordering::SeqCst);
        loop {
            let idle = self.0.idle.notified();
            if self.0.now.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Count {
    fn begin(&self) -> bool {
        let allowed = self.now.fetch_add(1, Ordering::SeqCst) < self.limit;
        if !allowed {
            self.end();
        }
        allowed
    }

    fn end(&self) {
        if self.now.fetch_sub(1, Ordering::SeqCst) == 1 && self.awaited.load(Ordering::SeqCst) {
            self.idle.notify_waiters();
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_over_the_limit_is_refused_and_counts_nothing() {
        let in_flight = InFlight::new(2);
        let (one, two) = (in_flight.take(), in_flight.hold());
        assert!(one.is_some() && two.is_some());
        assert!(in_flight.take().is_none() && in_flight.hold().is_none());
        assert_eq!(in_flight.now(), 2);
        let waiting = tokio::spawn({
            let in_flight = in_flight.clone();
            async move { in_flight.wait_for_none().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop((one, two));
        waiting.await.unwrap();
        assert_eq!(in_flight.now(), 0);
    }
}
