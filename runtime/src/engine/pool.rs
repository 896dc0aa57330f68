//! Instances that are reused: up to a number of them, each for one call after the other.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::call::{Answer, Call};
use super::instance::Instance;
use super::prepared::Prepared;
use crate::error::Error;

/// The instances of one release.
#[derive(Debug)]
pub(crate) struct Pool {
    prepared: Arc<Prepared>,
    idle: Mutex<Idle>,
    slots: Semaphore,
    max: u32,
}

/// The instances that wait for a call.
#[derive(Debug)]
struct Idle {
    instances: Vec<Box<Instance>>,
    closed: bool,
}

impl Pool {
    /// A pool of at most `max` instances, of which one is running.
    pub(crate) fn new(prepared: Arc<Prepared>, max: u32, first: Instance) -> Self {
        Self {
            prepared,
            idle: Mutex::new(Idle {
                instances: vec![Box::new(first)],
                closed: false,
            }),
            slots: Semaphore::new((max as usize).min(Semaphore::MAX_PERMITS)),
            max,
        }
    }

    /// Handles one call on an idle instance, on a new one, or on the next that becomes idle.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, Error> {
        let _slot = match self.slots.try_acquire() {
            Ok(slot) => slot,
            Err(_) => self.slots.acquire().await.map_err(|_| Error::Closed)?,
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).instances.pop();
        let mut instance = match idle {
            Some(instance) => instance,
            None => Box::new(Instance::start(&self.prepared).await?),
        };
        // A caller who gives up drops the instance with this future, in whatever state it is.
        let answer = instance.handle(call).await;
        self.put_back(instance).await;
        answer
    }

    async fn put_back(&self, instance: Box<Instance>) {
        if !instance.is_usable() {
            return;
        }
        let refused = self.idle.lock().unwrap_or_else(PoisonError::into_inner).put(instance);
        if let Err(instance) = refused {
            // The pool was closed in the meantime, so the instance has taken its last call.
            let _ = instance.shutdown().await;
        }
    }

    /// Ends the idle instances; the others end when their calls have returned.
    pub(crate) async fn close(&self) {
        loop {
            let next = self.idle.lock().unwrap_or_else(PoisonError::into_inner).close();
            let Some(instance) = next else { return };
            // A failing shutdown was reported as an event, and there is nothing left to save.
            let _ = instance.shutdown().await;
        }
    }

    /// Instances that exist now.
    pub(crate) fn size(&self) -> u32 {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).instances.len();
        let busy = self.max as usize - self.slots.available_permits().min(self.max as usize);
        u32::try_from(idle + busy).unwrap_or(u32::MAX)
    }
}

impl Idle {
    /// Keeps an instance, or gives it back when the pool is closed.
    fn put(&mut self, instance: Box<Instance>) -> Result<(), Box<Instance>> {
        if self.closed {
            return Err(instance);
        }
        self.instances.push(instance);
        Ok(())
    }

    /// Takes nothing more; hands out what is left, one after the other.
    fn close(&mut self) -> Option<Box<Instance>> {
        self.closed = true;
        self.instances.pop()
    }
}
