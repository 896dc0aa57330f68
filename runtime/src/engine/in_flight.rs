//! Counts what is under way, up to a limit, and tells when nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

use crate::usage::{Account, Shortage};

/// What is under way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Count>);

#[derive(Debug)]
struct Count {
    now: AtomicU32,
    limit: u32,
    /// Whose calls they are, where it is calls: the host has a number for all components together.
    account: Option<Arc<Account>>,
    /// Whether anybody has ever waited; until then nobody is told, because telling takes a lock.
    awaited: AtomicBool,
    idle: Notify,
}

/// One thing that counts as under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken(Arc<Count>);

/// The same for what does not outlive the count.
pub(crate) struct Held<'a>(&'a Count);

/// Why nothing more may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// As much is under way as may be.
    Here,
    /// The host has too much under way.
    Everywhere(Shortage),
}

impl InFlight {
    /// Nothing under way, and at most `limit` at the same time.
    pub(crate) fn new(limit: u32) -> Self {
        Self::counting(limit, None)
    }

    /// The same for calls of a component.
    pub(crate) fn of_calls(limit: u32, account: Arc<Account>) -> Self {
        Self::counting(limit, Some(account))
    }

    fn counting(limit: u32, account: Option<Arc<Account>>) -> Self {
        Self(Arc::new(Count {
            now: AtomicU32::new(0),
            limit,
            account,
            awaited: AtomicBool::new(false),
            idle: Notify::new(),
        }))
    }

    /// Counts one more, unless that is over a limit.
    pub(crate) fn take(&self) -> Result<Taken, Full> {
        self.0.begin().map(|()| Taken(self.0.clone()))
    }

    /// Counts one more, also over the limit: it was admitted elsewhere already.
    pub(crate) fn take_admitted(&self) -> Taken {
        self.0.now.fetch_add(1, Ordering::SeqCst);
        if let Some(account) = &self.0.account {
            account.go_on_with_call();
        }
        Taken(self.0.clone())
    }

    /// Counts one more for as long as this is borrowed, unless that is over a limit.
    pub(crate) fn hold(&self) -> Result<Held<'_>, Full> {
        self.0.begin().map(|()| Held(&self.0))
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
    fn begin(&self) -> Result<(), Full> {
        let allowed = self.now.fetch_add(1, Ordering::SeqCst) < self.limit;
        let begun = match &self.account {
            _ if !allowed => Err(Full::Here),
            Some(account) => account.begin_call().map_err(Full::Everywhere),
            None => Ok(()),
        };
        if begun.is_err() {
            self.leave();
        }
        begun
    }

    fn end(&self) {
        if let Some(account) = &self.account {
            account.end_call();
        }
        self.leave();
    }

    fn leave(&self) {
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
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(in_flight.take().err(), Some(Full::Here));
        assert!(in_flight.hold().is_err());
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

    #[test]
    fn calls_count_for_their_component_as_well_and_only_those_that_begin() {
        let account = Account::alone();
        let in_flight = InFlight::of_calls(2, account.clone());
        let (one, two) = (in_flight.take(), in_flight.take_admitted());
        assert!(in_flight.take().is_err());
        drop(one);
        assert!(account.has_calls());
        drop(two);
        assert!(!account.has_calls());
    }
}
