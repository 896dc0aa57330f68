//! Instances that are reused: up to a number of them, each for one call after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::call::{Answer, Call, Handled};
use super::instance::Instance;
use super::prepared::Prepared;
use crate::component::Health;
use crate::error::Error;

/// The instances of one release.
#[derive(Debug)]
pub(crate) struct Pool {
    prepared: Arc<Prepared>,
    slots: Mutex<Slots>,
}

/// Who runs, who waits, and the instances that wait for a call.
/// One lock for all of it, taken twice for a call that does not wait.
#[derive(Debug)]
struct Slots {
    #[expect(
        clippy::vec_box,
        reason = "an instance is large, and each call takes one out and puts it back"
    )]
    idle: Vec<Box<Instance>>,
    busy: u32,
    /// The most instances there may be.
    max: u32,
    /// Calls that get the next slots, in order; empty unless all slots are busy.
    waiting: VecDeque<oneshot::Sender<()>>,
    closed: bool,
}

/// The right to run one call, until this is dropped.
struct Slot<'a>(&'a Pool);

/// A call that waits for a slot; one that it is given while nobody looks goes on to the next.
struct Waiting<'a> {
    pool: &'a Pool,
    given: oneshot::Receiver<()>,
    /// Whether it has its slot, and nothing to do with the line any more.
    served: bool,
}

impl Pool {
    /// A pool of at most `max` instances, of which one is running.
    pub(crate) fn new(prepared: Arc<Prepared>, max: u32, first: Instance) -> Self {
        Self {
            prepared,
            slots: Mutex::new(Slots {
                idle: vec![Box::new(first)],
                busy: 0,
                max: max.max(1),
                waiting: VecDeque::new(),
                closed: false,
            }),
        }
    }

    /// Handles one call, which came at `now`, on an idle instance, on a new one, or on the next that becomes idle.
    pub(crate) async fn call(&self, call: &mut Call, answer: &mut Answer, mut now: Instant) -> Handled {
        let (slot, idle) = match self.take() {
            Ok(taken) => taken,
            Err(waiting) => {
                let given = waiting.slot().await;
                now = Instant::now();
                given
            }
        };
        let mut instance = match idle {
            Some(instance) if !instance.is_outdated() => instance,
            outdated => {
                Self::end_excess(outdated);
                let instance = Box::new(Instance::start(&self.prepared).await?);
                now = Instant::now();
                instance
            }
        };
        // A caller who gives up drops the instance with this future, in whatever state it is.
        let handled = instance.handle(call, answer, now).await;
        // When the pool was closed or made smaller in the meantime, the instance has taken its last call.
        Self::end_excess(slot.end(instance));
        handled
    }

    /// Takes a slot, with an idle instance if there is one, or a place in the line of those who wait.
    fn take(&self) -> Result<(Slot<'_>, Option<Box<Instance>>), Waiting<'_>> {
        let mut slots = self.slots();
        if slots.busy < slots.max {
            slots.busy += 1;
            return Ok((Slot(self), slots.idle.pop()));
        }
        let (give, given) = oneshot::channel();
        slots.waiting.push_back(give);
        Err(Waiting {
            pool: self,
            given,
            served: false,
        })
    }

    /// Gives a slot to the call that has waited longest, or frees it.
    fn pass_on<'a>(&'a self, mut slots: MutexGuard<'a, Slots>) {
        // A pool that was made smaller lets go of slots first.
        while slots.busy <= slots.max
            && let Some(next) = slots.waiting.pop_front()
        {
            drop(slots);
            if next.send(()).is_ok() {
                return;
            }
            // That call was given up.
            slots = self.slots();
        }
        slots.busy -= 1;
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts instances until there are this many, as far as the pool may have them; each is asked how it is.
    pub(crate) async fn grow(&self, wanted: u32) -> Result<Health, Error> {
        while self.slots().wants(wanted) {
            let mut instance = Box::new(Instance::start(&self.prepared).await?);
            let health = instance.health().await?;
            if matches!(health, Health::Unhealthy(_)) {
                return Ok(health);
            }
            let excess = self.slots().add(instance, wanted);
            if let Some(excess) = excess {
                let _ = excess.shutdown().await;
            }
        }
        Ok(Health::Healthy)
    }

    /// Asks an instance how it is: an idle one, or, when all are busy, one that is made for it and ends after.
    pub(crate) async fn health(&self) -> Result<Health, Error> {
        match self.take_idle() {
            Some((slot, mut instance)) => {
                let health = instance.health().await;
                Self::end_excess(slot.end(instance));
                health
            }
            None => {
                let mut instance = Instance::start(&self.prepared).await?;
                let health = instance.health().await?;
                let _ = instance.shutdown().await;
                Ok(health)
            }
        }
    }

    /// A slot with an idle instance, if there is one.
    fn take_idle(&self) -> Option<(Slot<'_>, Box<Instance>)> {
        let mut slots = self.slots();
        if slots.busy >= slots.max {
            return None;
        }
        let instance = slots.idle.pop()?;
        slots.busy += 1;
        Some((Slot(self), instance))
    }

    /// Ends an instance that a call has left over, without having its caller wait for what the guest does at its end.
    fn end_excess(instance: Option<Box<Instance>>) {
        if let Some(instance) = instance {
            tokio::spawn(async move {
                let _ = instance.shutdown().await;
            });
        }
    }

    /// Changes the most instances there may be, at least one; those in excess end, idle ones now and busy ones after
    /// their call.
    pub(crate) async fn resize(&self, max: u32) {
        {
            let mut slots = self.slots();
            slots.max = max.max(1);
            while slots.busy < slots.max
                && let Some(next) = slots.waiting.pop_front()
            {
                slots.busy += 1;
                if next.send(()).is_err() {
                    // That call was given up.
                    slots.busy -= 1;
                }
            }
        }
        self.trim(max.max(1)).await;
    }

    /// Ends idle instances until this many are left, or only busy ones.
    pub(crate) async fn trim(&self, keep: u32) {
        loop {
            let next = self.slots().excess(keep);
            let Some(instance) = next else { return };
            let _ = instance.shutdown().await;
        }
    }

    /// The most instances there may be.
    pub(crate) fn max(&self) -> u32 {
        self.slots().max
    }

    /// Ends the idle instances; the others end when their calls have returned.
    pub(crate) async fn close(&self) {
        loop {
            let next = self.slots().close();
            let Some(instance) = next else { return };
            // A failing shutdown was reported as an event, and there is nothing left to save.
            let _ = instance.shutdown().await;
        }
    }

    /// Instances that exist now.
    pub(crate) fn size(&self) -> u32 {
        self.slots().size()
    }
}

impl Slots {
    /// Instances that exist, idle and busy.
    fn size(&self) -> u32 {
        let idle = u32::try_from(self.idle.len()).unwrap_or(u32::MAX);
        idle.saturating_add(self.busy)
    }

    /// Whether there should be one more for `wanted` instances.
    fn wants(&self, wanted: u32) -> bool {
        !self.closed && self.size() < wanted.min(self.max)
    }

    /// Takes in an idle instance, or gives it back when there are enough.
    fn add(&mut self, instance: Box<Instance>, wanted: u32) -> Option<Box<Instance>> {
        if !self.wants(wanted) {
            return Some(instance);
        }
        self.idle.push(instance);
        None
    }

    /// Hands out an idle instance when there are more instances than these.
    fn excess(&mut self, keep: u32) -> Option<Box<Instance>> {
        if self.size() > keep { self.idle.pop() } else { None }
    }

    /// Takes nothing more; hands out what is left, one after the other.
    fn close(&mut self) -> Option<Box<Instance>> {
        self.closed = true;
        self.idle.pop()
    }
}

impl Slot<'_> {
    /// Ends the call: keeps the instance for the next one, or gives it back when the pool is closed.
    /// An instance that cannot be used again is dropped.
    fn end(self, instance: Box<Instance>) -> Option<Box<Instance>> {
        let pool = self.0;
        // What dropping it does is done here, under the lock that keeping the instance takes anyway.
        std::mem::forget(self);
        let mut slots = pool.slots();
        // The slot counts as busy still, so this instance counts once.
        let is_excess = slots.closed || slots.size() > slots.max;
        let left = match (instance.is_usable(), is_excess) {
            (true, false) => {
                slots.idle.push(instance);
                None
            }
            (true, true) => Some(instance),
            (false, _) => {
                // Dropped without the lock: that gives back its memory.
                drop(slots);
                drop(instance);
                slots = pool.slots();
                None
            }
        };
        pool.pass_on(slots);
        left
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.pass_on(self.0.slots());
    }
}

impl<'a> Waiting<'a> {
    /// Waits for the slot; an idle instance comes with it, if there is one.
    async fn slot(mut self) -> (Slot<'a>, Option<Box<Instance>>) {
        // The sender is dropped only by giving, so this cannot fail.
        let _ = (&mut self.given).await;
        self.served = true;
        let pool = self.pool;
        let slot = Slot(pool);
        (slot, pool.slots().idle.pop())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.served {
            return;
        }
        self.given.close();
        if self.given.try_recv().is_ok() {
            self.pool.pass_on(self.pool.slots());
        } else {
            self.pool.slots().waiting.retain(|waiting| !waiting.is_closed());
        }
    }
}
