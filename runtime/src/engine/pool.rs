//! Instances that are reused: up to a number of them, each for one call after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::instance::Instance;
use super::prepared::Prepared;
use crate::component::Message;
use crate::error::Error;

/// The instances of one release.
#[derive(Debug)]
pub(crate) struct Pool {
    prepared: Arc<Prepared>,
    idle: Mutex<Vec<Instance>>,
    slots: Semaphore,
    max: u32,
    closed: AtomicBool,
}

impl Pool {
    /// A pool of at most `max` instances, of which one is running.
    pub(crate) fn new(prepared: Arc<Prepared>, max: u32, first: Instance) -> Self {
        Self {
            prepared,
            idle: Mutex::new(vec![first]),
            slots: Semaphore::new((max as usize).min(Semaphore::MAX_PERMITS)),
            max,
            closed: AtomicBool::new(false),
        }
    }

    /// Handles one call on an idle instance, on a new one, or on the next that becomes idle.
    pub(crate) async fn call(&self, message: Message) -> Result<Message, Error> {
        let _slot = self.slots.acquire().await.map_err(|_| Error::Closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut instance = match idle {
            Some(instance) => instance,
            None => Instance::start(&self.prepared).await?,
        };
        // A caller who gives up drops the instance with this future, in whatever state it is.
        let answer = instance.execute(message).await;
        self.put_back(instance).await;
        answer
    }

    async fn put_back(&self, instance: Instance) {
        if !instance.is_usable() {
            return;
        }
        if self.closed.load(Ordering::Acquire) {
            let _ = instance.shutdown().await;
            return;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(instance);
    }

    /// Ends the idle instances; the others end when their calls have returned.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        loop {
            let next = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(instance) = next else { return };
            // A failing shutdown was reported as an event, and there is nothing left to save.
            let _ = instance.shutdown().await;
        }
    }

    /// Instances that exist now.
    pub(crate) fn size(&self) -> u32 {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).len();
        let busy = self.max as usize - self.slots.available_permits().min(self.max as usize);
        u32::try_from(idle + busy).unwrap_or(u32::MAX)
    }
}
