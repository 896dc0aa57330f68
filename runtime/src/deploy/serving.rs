//! A release in service: its instances, the calls it has taken, and how it is drained.

mod cancellation;
mod drain;
mod measures;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use self::cancellation::{Began, Cancellation};
pub(crate) use self::drain::{Afterwards, Drains};
use self::measures::Noting;
pub(crate) use self::measures::{Ledger, Measures, Reading};
use crate::actor::{Actor, Delivery, Handover, Saved, Saving};
use crate::component::{Health, InstanceMode, Kind, Limit, Release};
use crate::engine::{Answer, Call, Full, Handled, InFlight, Instance, Pool, Prepared};
use crate::error::Error;

/// How long calls that were taken may go on after their release was replaced or the host is shut down, when nothing else
/// was said.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);

/// How long guests have to return after their calls were cancelled: they are interrupted within 10 ms.
const CANCEL: Duration = Duration::from_secs(1);

/// A release that takes calls.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) release: Arc<Release>,
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) measures: Arc<Measures>,
    hosting: Hosting,
    in_flight: InFlight,
    cancellation: Cancellation,
    /// Ends a drain of a release that takes calls again.
    recall: Cancellation,
    /// What the component last said.
    health: Mutex<Option<Health>>,
}

/// Whether a call was let in among those that run or wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It asks for a place.
    Asked,
    /// It had one at a release that was replaced before it came to the call.
    Granted,
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
    /// A pool has up to `max` instances, when the operator said so.
    pub(crate) fn new(
        prepared: Arc<Prepared>,
        first: Option<Instance>,
        saved: Option<Saved>,
        max: Option<u32>,
    ) -> Self {
        let release = prepared.release.clone();
        let hosting = match (release.instances, first) {
            (InstanceMode::Actor, Some(first)) => {
                Hosting::Actor(Actor::new(prepared.clone(), first, saved, release.limits.concurrency))
            }
            (InstanceMode::Pool { max: own }, Some(first)) => {
                Hosting::Pool(Pool::new(prepared.clone(), max.unwrap_or(own), first))
            }
            _ => Hosting::Fresh(prepared.clone()),
        };
        Self {
            in_flight: InFlight::of_calls(release.limits.concurrency, prepared.account.clone()),
            release,
            prepared,
            measures: Arc::new(Measures::new()),
            hosting,
            cancellation: Cancellation::default(),
            recall: Cancellation::default(),
            health: Mutex::new(None),
        }
    }

    /// Handles one call; none, and the call as it was, when another release takes over.
    pub(crate) async fn call(
        &self,
        call: &mut Call,
        answer: &mut Answer,
        admission: &mut Admission,
    ) -> Option<Handled> {
        let noting = Noting::begin(&self.measures);
        let began = self.cancellation.now();
        let handled = tokio::select! {
            biased;
            handled = self.dispatch(call, answer, admission, noting.begin) => handled,
            () = self.cancellation.of(began) => Some(Err(self.cancelled().into())),
        };
        let Some(handled) = handled else {
            noting.forget();
            return None;
        };
        let failed = match &handled {
            Ok(()) => answer.failed(),
            Err(error) => {
                if matches!(**error, Error::Cancelled { .. }) {
                    self.cancellation.count();
                }
                error.counts_as_failure()
            }
        };
        noting.end(answer.took(), failed);
        Some(handled)
    }

    async fn dispatch(
        &self,
        call: &mut Call,
        answer: &mut Answer,
        admission: &mut Admission,
        now: Instant,
    ) -> Option<Handled> {
        if let Hosting::Actor(actor) = &self.hosting {
            let taken = match admission {
                Admission::Granted => self.in_flight.take_admitted(),
                Admission::Asked => match self.in_flight.take() {
                    Ok(taken) => taken,
                    // It is not slow but on its way out, so that nobody is refused for it.
                    Err(Full::Here) if actor.is_paused() => return None,
                    Err(full) => return Some(Err(self.full(full).into())),
                },
            };
            let (cancellation, began) = (self.cancellation.clone(), self.cancellation.now());
            let cancelled = Box::pin(async move { cancellation.of(began).await });
            // The actor goes on with a message that it has begun, also when the caller goes away.
            return match actor.call(call.take(), taken, cancelled).await {
                Delivery::Done(done) => Some(done.map(|done| *answer = done).map_err(Box::new)),
                Delivery::Returned(unread) => {
                    *call = unread;
                    *admission = Admission::Granted;
                    None
                }
            };
        }
        let _held = match self.in_flight.hold() {
            Ok(held) => held,
            Err(full) => return Some(Err(self.full(full).into())),
        };
        Some(match &self.hosting {
            Hosting::Pool(pool) => pool.call(call, answer, now).await,
            Hosting::Fresh(prepared) => call_fresh(prepared, call, answer).await,
            // Called above.
            Hosting::Actor(_) => Err(self.full(Full::Here).into()),
        })
    }

    fn full(&self, full: Full) -> Error {
        if let Full::Everywhere(shortage) = full {
            return shortage.error(&self.release.name);
        }
        self.prepared.account.reach(Limit::Concurrency);
        Error::Busy {
            name: self.release.name.clone(),
            limit: self.release.limits.concurrency,
        }
    }

    fn cancelled(&self) -> Error {
        Error::Cancelled {
            label: self.release.label(),
        }
    }

    /// Makes an instance as a call would, and drops it; nothing for what keeps its instances.
    pub(crate) async fn instantiate(&self) -> Result<(), Error> {
        match &self.hosting {
            Hosting::Fresh(prepared) => Instance::new(prepared).await.map(drop),
            Hosting::Actor(_) | Hosting::Pool(_) => Ok(()),
        }
    }

    /// Starts as many instances of a pool as are wanted, and asks each how it is; nothing for other kinds.
    pub(crate) async fn grow(&self, wanted: u32) -> Result<(), Error> {
        let Hosting::Pool(pool) = &self.hosting else {
            return Ok(());
        };
        match pool.grow(wanted).await? {
            Health::Unhealthy(reason) => Err(Error::Unhealthy { reason }),
            Health::Healthy | Health::Degraded(_) => Ok(()),
        }
    }

    /// Asks the component how it is; a command cannot say.
    pub(crate) async fn check_health(&self) -> Result<Health, Error> {
        let health = match &self.hosting {
            Hosting::Actor(actor) => actor.health().await?,
            Hosting::Pool(pool) => pool.health().await?,
            Hosting::Fresh(_) if self.release.kind == Kind::Command => Health::Healthy,
            Hosting::Fresh(prepared) => {
                let mut instance = Instance::start(prepared).await?;
                let health = instance.health().await?;
                instance.shutdown().await?;
                health
            }
        };
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Some(health.clone());
        Ok(health)
    }

    /// What the component said when it was last asked.
    pub(crate) fn health(&self) -> Option<Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands an actor the state of another instance; nothing for other kinds.
    pub(crate) async fn restore(&self, saved: Saved) -> Result<(), Error> {
        match &self.hosting {
            Hosting::Actor(actor) => actor.restore(saved).await,
            Hosting::Pool(_) | Hosting::Fresh(_) => Ok(()),
        }
    }

    /// Changes how many instances a pool may have; nothing for other kinds.
    pub(crate) async fn resize(&self, max: u32) {
        if let Hosting::Pool(pool) = &self.hosting {
            pool.resize(max).await;
        }
    }

    /// Ends idle instances of a pool until this many are left.
    pub(crate) async fn trim(&self, keep: u32) {
        if let Hosting::Pool(pool) = &self.hosting {
            pool.trim(keep).await;
        }
    }

    /// Stops an actor between two calls; none for what is no actor.
    /// Calls that come before take at most the deadline.
    pub(crate) async fn pause(&self, saving: Saving, deadline: Duration) -> Result<Option<Handover>, Error> {
        let Hosting::Actor(actor) = &self.hosting else {
            return Ok(None);
        };
        let paused = timeout(deadline, actor.pause(saving)).await;
        let late = |_| Error::Deadline {
            entry: "the calls before its state can be saved".into(),
            deadline,
        };
        paused.map_err(late)?.map(Some)
    }

    /// Whether it is an actor.
    pub(crate) fn is_actor(&self) -> bool {
        matches!(&self.hosting, Hosting::Actor(_))
    }

    /// Whether it is an actor whose task has failed.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(&self.hosting, Hosting::Actor(actor) if actor.is_dead())
    }

    /// Takes calls again: a drain that is under way ends without cancelling any.
    pub(crate) fn recall(&self) {
        self.recall.fire();
        // Those that were cancelled last time belong to that time.
        self.cancellation.take();
    }

    /// Waits for the calls that were taken, cancels those that are left at the deadline, and then lets `afterwards` decide
    /// over the instances.
    /// Returns how many were cancelled; none when the release was recalled.
    pub(crate) async fn drain(&self, began: Began, deadline: Duration, afterwards: Afterwards) -> Option<u32> {
        let drained = async {
            let cancelled = self.cancel_late(deadline).await;
            match afterwards {
                Afterwards::End => self.end(deadline).await,
                Afterwards::Keep(instances) => self.trim(instances).await,
            }
            cancelled
        };
        tokio::select! {
            biased;
            () = self.recall.of(began) => None,
            cancelled = drained => Some(cancelled),
        }
    }

    /// When a drain begins.
    pub(crate) fn drain_begins(&self) -> Began {
        self.recall.now()
    }

    async fn cancel_late(&self, deadline: Duration) -> u32 {
        if timeout(deadline, self.in_flight.wait_for_none()).await.is_ok() {
            return 0;
        }
        self.cancellation.fire();
        let _ = timeout(CANCEL, self.in_flight.wait_for_none()).await;
        self.cancellation.take()
    }

    /// Ends the idle instances; the others end when their calls have returned.
    /// Guests that do not end are given up at the deadline.
    pub(crate) async fn end(&self, deadline: Duration) {
        let _ = match &self.hosting {
            Hosting::Actor(actor) => timeout(deadline, actor.end()).await,
            Hosting::Pool(pool) => timeout(deadline, pool.close()).await,
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

    /// The most instances that may exist; none where only the limit of calls counts.
    pub(crate) fn max_instances(&self) -> Option<u32> {
        match &self.hosting {
            Hosting::Actor(_) => Some(1),
            Hosting::Pool(pool) => Some(pool.max()),
            Hosting::Fresh(_) => None,
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
    let handled = instance.handle(call, answer, Instant::now()).await;
    if instance.is_usable() {
        // The answer stands, whatever the guest does at its end.
        let _ = instance.shutdown().await;
    }
    handled
}
