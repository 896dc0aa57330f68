//! A release in service: its instances, the calls it has taken, and how it is drained.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::actor::{Actor, Delivery, Handover, Saved};
use crate::component::{InstanceMode, Kind, Release};
use crate::engine::{Answer, Call, Handled, InFlight, Instance, Pool, Prepared};
use crate::error::Error;

/// How long calls that were taken may go on after their release was replaced or the host is shut down.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);

/// A release that takes calls.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) release: Arc<Release>,
    hosting: Hosting,
    in_flight: InFlight,
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
            in_flight: InFlight::new(release.limits.concurrency),
            release,
            hosting,
        }
    }

    /// Handles one call; none, and the call as it was, when another release has taken over.
    pub(crate) async fn call(&self, call: &mut Call, answer: &mut Answer) -> Option<Handled> {
        if let Hosting::Actor(actor) = &self.hosting {
            let Some(taken) = self.in_flight.take() else {
                return Some(Err(self.busy().into()));
            };
            // The actor goes on with a message that it has begun, also when the caller goes away.
            return match actor.call(call.take(), taken).await {
                Delivery::Done(done) => Some(done.map(|done| *answer = done).map_err(Box::new)),
                Delivery::Returned(unread) => {
                    *call = unread;
                    None
                }
            };
        }
        let Some(_held) = self.in_flight.hold() else {
            return Some(Err(self.busy().into()));
        };
        Some(match &self.hosting {
            Hosting::Pool(pool) => pool.call(call, answer).await,
            Hosting::Fresh(prepared) => call_fresh(prepared, call, answer).await,
            // Called above.
            Hosting::Actor(_) => Err(self.busy().into()),
        })
    }

    fn busy(&self) -> Error {
        Error::Busy {
            name: self.release.name.clone(),
            limit: self.release.limits.concurrency,
        }
    }

    /// Makes an instance as a call would, and drops it; nothing for what keeps its instances.
    pub(crate) async fn instantiate(&self) -> Result<(), Error> {
        match &self.hosting {
            Hosting::Fresh(prepared) => Instance::new(prepared).await.map(drop),
            Hosting::Actor(_) | Hosting::Pool(_) => Ok(()),
        }
    }

    /// Stops an actor between two calls; none for what is no actor.
    /// Calls that come before take at most the drain deadline.
    pub(crate) async fn pause(&self) -> Result<Option<Handover>, Error> {
        let Hosting::Actor(actor) = &self.hosting else {
            return Ok(None);
        };
        let paused = timeout(DRAIN, actor.pause()).await;
        let late = |_| Error::Deadline {
            entry: "the calls before its state can be saved".into(),
            deadline: DRAIN,
        };
        paused.map_err(late)?.map(Some)
    }

    /// Whether it is an actor whose task has failed.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(&self.hosting, Hosting::Actor(actor) if actor.is_dead())
    }

    /// Waits for the calls that were taken, at most until the drain deadline, and ends the idle instances.
    pub(crate) async fn drain(&self) {
        // What is still running then ends by its own deadline.
        let _ = timeout(DRAIN, self.in_flight.wait_for_none()).await;
        // Guests that do not end must not hold up the drain.
        let _ = match &self.hosting {
            Hosting::Actor(actor) => timeout(DRAIN, actor.end()).await,
            Hosting::Pool(pool) => timeout(DRAIN, pool.close()).await,
            Hosting::Fresh(_) => Ok(()),
        };
    }

    /// Calls that run or wait now.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.now()
    }

    /// Instances that exist now.
    pub(crate) fn instances(&self) -> u32 {
        match &self.hosting {
            Hosting::Actor(_) => 1,
            Hosting::Pool(pool) => pool.size(),
            Hosting::Fresh(_) => self.in_flight(),
        }
    }
}

async fn call_fresh(prepared: &Arc<Prepared>, call: &mut Call, answer: &mut Answer) -> Handled {
    if let Call::Message(message) = call
        && prepared.release.kind == Kind::Command
    {
        *answer = Answer::Message(Instance::run(prepared, std::mem::take(message)).await?);
        return Ok(());
    }
    let mut instance = Instance::start(prepared).await?;
    let handled = instance.handle(call, answer).await;
    if instance.is_usable() {
        // The answer stands, whatever the guest does at its end.
        let _ = instance.shutdown().await;
    }
    handled
}
