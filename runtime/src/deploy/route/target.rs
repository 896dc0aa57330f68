//! A release that calls can be routed to, whether it was started already or not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::component::Release;
use crate::deploy::serving::Serving;
use crate::deploy::start::Starter;
use crate::error::Error;

/// A release that calls can be routed to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) release: Arc<Release>,
    /// Made at the first call, when the host has not started the release itself.
    serving: OnceLock<Arc<Serving>>,
    /// Held while the release is started.
    starting: tokio::sync::Mutex<()>,
    /// Whether it must not be started any more.
    retired: AtomicBool,
    /// How many instances its pool may have when it is started, when the operator said so.
    max: Mutex<Option<u32>>,
}

impl Target {
    /// A release that is started at its first call.
    pub(crate) fn cold(release: Release, max: Option<u32>) -> Self {
        Self {
            release: Arc::new(release),
            serving: OnceLock::new(),
            starting: tokio::sync::Mutex::default(),
            retired: AtomicBool::new(false),
            max: Mutex::new(max),
        }
    }

    /// A release that is in service.
    pub(crate) fn warm(serving: Arc<Serving>) -> Self {
        Self {
            release: serving.release.clone(),
            serving: OnceLock::from(serving),
            starting: tokio::sync::Mutex::default(),
            retired: AtomicBool::new(false),
            max: Mutex::default(),
        }
    }

    /// The most instances there may be; none where only the limit of calls counts.
    pub(crate) fn max_instances(&self) -> Option<u32> {
        self.max().or(self.release.instances.max_instances())
    }

    fn max(&self) -> Option<u32> {
        *self.max.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how many instances a pool may have, whether the release was started already or not.
    /// Waits for a start that is under way: it may have begun with the number from before.
    pub(crate) async fn resize(&self, max: u32) {
        let _starting = self.starting.lock().await;
        *self.max.lock().unwrap_or_else(PoisonError::into_inner) = Some(max);
        if let Some(serving) = self.serving.get() {
            serving.resize(max).await;
        }
    }

    /// The release in service, if it was started.
    pub(crate) fn started(&self) -> Option<&Arc<Serving>> {
        self.serving.get()
    }

    /// The release in service, started now if need be; none when it must not be started any more.
    pub(crate) async fn serving(&self, starter: &Starter) -> Result<Option<&Arc<Serving>>, Error> {
        if let Some(serving) = self.serving.get() {
            return Ok(Some(serving));
        }
        let _starting = self.starting.lock().await;
        if self.retired.load(Ordering::Acquire) {
            return Ok(self.serving.get());
        }
        if self.serving.get().is_none() {
            // Only the holder of the lock sets it.
            let _ = self.serving.set(starter.bring_back(&self.release, self.max()).await?);
        }
        Ok(self.serving.get())
    }

    /// Keeps a release that was not started from being started, or returns the one that was.
    /// Waits for a start that is under way: what its first call changes must not be missed.
    pub(crate) async fn retire(&self) -> Option<&Arc<Serving>> {
        let _starting = self.starting.lock().await;
        self.retired.store(true, Ordering::Release);
        self.serving.get()
    }

    /// Lets the release be started again, after its replacement has failed.
    pub(crate) fn revive(&self) {
        self.retired.store(false, Ordering::Release);
    }
}
