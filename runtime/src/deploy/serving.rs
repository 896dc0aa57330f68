//! A release in service: its instances, the calls it has taken, and how it is drained.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::actor::{Actor, Delivery, Handover, Saved};
use crate::component::{InstanceMode, Kind, Message, Release};
use crate::engine::{Instance, Pool, Prepared};
use crate::error::Error;

/// How long calls that were taken may go on after their release was replaced or the host is shut down.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);

/// A release that takes calls.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) release: Arc<Release>,
    hosting: Hosting,
    in_flight: AtomicU32,
    idle: Notify,
}

#[derive(Debug)]
enum Hosting {
    Actor(Actor),
    Pool(Pool),
    Fresh(Arc<Prepared>),
}

impl Serving {
    /// Puts a release into service.
    /// `first` is its first instance, started and restored; `saved` is what it was restored from.
    pub(crate) fn new(prepared: Arc<Prepared>, first: Option<Instance>, saved: Option<Saved>) -> Self {
        let release = prepared.release.clone();
        let hosting = match (release.instances, first) {
            (InstanceMode::Actor, Some(first)) => {
                Hosting::Actor(Actor::new(prepared, first, saved, release.limits.concurrency))
            }
            (InstanceMode::Pool { max }, Some(first)) => Hosting::Pool(Pool::new(prepared, max, first)),
            _ => Hosting::Fresh(prepared),
        };
        Self {
            release,
            hosting,
            in_flight: AtomicU32::new(0),
            idle: Notify::new(),
        }
    }

    /// Handles one call, or gives the message back when another release has taken over.
    pub(crate) async fn call(&self, message: Message) -> Delivery {
        let Some(_taken) = self.take() else {
            return Delivery::Done(Err(Error::Busy {
                name: self.release.name.clone(),
                limit: self.release.limits.concurrency,
            }));
        };
        match &self.hosting {
            Hosting::Actor(actor) => actor.call(message).await,
            Hosting::Pool(pool) => Delivery::Done(pool.call(message).await),
            Hosting::Fresh(prepared) => Delivery::Done(call_fresh(prepared, message).await),
        }
    }

    /// Stops an actor between two calls; none for what is no actor.
    pub(crate) async fn pause(&self) -> Result<Option<Handover>, Error> {
        match &self.hosting {
            Hosting::Actor(actor) => actor.pause().await.map(Some),
            _ => Ok(None),
        }
    }

    /// Waits for the calls that were taken, at most until the drain deadline, and ends the idle instances.
    pub(crate) async fn drain(&self) {
        let all_returned = async {
            loop {
                let returned = self.idle.notified();
                if self.in_flight.load(Ordering::Acquire) == 0 {
                    return;
                }
                returned.await;
            }
        };
        // What is still running then ends by its own deadline.
        let _ = tokio::time::timeout(DRAIN, all_returned).await;
        if let Hosting::Pool(pool) = &self.hosting {
            // Guests that do not end must not hold up the drain.
            let _ = tokio::time::timeout(DRAIN, pool.close()).await;
        }
    }

    /// Calls that run or wait now.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Instances that exist now.
    pub(crate) fn instances(&self) -> u32 {
        match &self.hosting {
            Hosting::Actor(_) => 1,
            Hosting::Pool(pool) => pool.size(),
            Hosting::Fresh(_) => self.in_flight(),
        }
    }

    fn take(&self) -> Option<Taken<'_>> {
        let before = self.in_flight.fetch_add(1, Ordering::AcqRel);
        let taken = Taken(self);
        (before < self.release.limits.concurrency).then_some(taken)
    }
}

/// A call that counts as in flight until this is dropped.
struct Taken<'a>(&'a Serving);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

async fn call_fresh(prepared: &Arc<Prepared>, message: Message) -> Result<Message, Error> {
    if prepared.release.kind == Kind::Command {
        return Instance::run(prepared, message).await;
    }
    let mut instance = Instance::start(prepared).await?;
    let answer = instance.execute(message).await;
    if instance.is_usable() {
        // The answer stands, whatever the guest does at its end.
        let _ = instance.shutdown().await;
    }
    answer
}
