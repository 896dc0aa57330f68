//! Which release of a component gets the next call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::serving::Serving;
use super::start::Starter;
use crate::component::{ComponentName, Release, nearest};
use crate::engine::{Answer, Call, Handled, within_limit};
use crate::error::{Bounded, Error};

/// The route of one component: the release that takes its calls.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) release: Arc<Release>,
    pub(crate) deployment: u64,
    pub(crate) deployed_at: DateTime<Utc>,
    /// Made at the first call, when the host has not started the release itself.
    serving: OnceLock<Arc<Serving>>,
    /// Held while the release is started.
    starting: tokio::sync::Mutex<()>,
    /// Whether it must not be started any more.
    retired: AtomicBool,
}

impl Route {
    /// A route to a release that is started at its first call.
    pub(crate) fn cold(release: Release, deployment: u64, deployed_at: DateTime<Utc>) -> Self {
        Self {
            release: Arc::new(release),
            deployment,
            deployed_at,
            serving: OnceLock::new(),
            starting: tokio::sync::Mutex::default(),
            retired: AtomicBool::new(false),
        }
    }

    /// A route to a release that is in service.
    pub(crate) fn warm(serving: Arc<Serving>, deployment: u64, deployed_at: DateTime<Utc>) -> Self {
        Self {
            release: serving.release.clone(),
            deployment,
            deployed_at,
            serving: OnceLock::from(serving),
            starting: tokio::sync::Mutex::default(),
            retired: AtomicBool::new(false),
        }
    }

    /// The release in service, if it was started.
    pub(crate) fn started(&self) -> Option<&Arc<Serving>> {
        self.serving.get()
    }

    /// The release in service, started now if need be; none when it must not be started any more.
    async fn serving(&self, starter: &Starter) -> Result<Option<&Arc<Serving>>, Error> {
        if let Some(serving) = self.serving.get() {
            return Ok(Some(serving));
        }
        let _starting = self.starting.lock().await;
        if self.retired.load(Ordering::Acquire) {
            return Ok(self.serving.get());
        }
        if self.serving.get().is_none() {
            // Only the holder of the lock sets it.
            let _ = self.serving.set(starter.bring_back(&self.release).await?);
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

type Routes = HashMap<ComponentName, Arc<Route>>;

/// The routes of all components: read without a lock, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Router {
    routes: ArcSwap<Routes>,
    changing: Mutex<()>,
    revision: AtomicU64,
    changed: Notify,
    closed: AtomicBool,
}

impl Router {
    pub(crate) fn new(routes: Routes) -> Self {
        Self {
            routes: ArcSwap::from_pointee(routes),
            changing: Mutex::new(()),
            revision: AtomicU64::new(0),
            changed: Notify::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// Grows with every change of a route.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// The route of a component.
    pub(crate) fn find(&self, name: &ComponentName) -> Result<Arc<Route>, Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        let routes = self.routes.load();
        routes.get(name).cloned().ok_or_else(|| Error::UnknownComponent {
            name: name.clone(),
            nearest: nearest(name.as_str(), routes.keys().map(ComponentName::as_str))
                .and_then(|near| near.parse().ok()),
        })
    }

    /// Finds nothing from now on, and tells those who wait for a change.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.announce();
    }

    /// All routes, sorted by name.
    pub(crate) fn all(&self) -> Vec<Arc<Route>> {
        let mut all: Vec<_> = self.routes.load().values().cloned().collect();
        all.sort_by(|a, b| a.release.name.cmp(&b.release.name));
        all
    }

    /// Replaces or withdraws the route of a component; returns the one it had.
    pub(crate) fn set(&self, name: &ComponentName, route: Option<Route>) -> Option<Arc<Route>> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut routes = Routes::clone(&self.routes.load());
        let before = match route {
            Some(route) => routes.insert(name.clone(), Arc::new(route)),
            None => routes.remove(name),
        };
        self.routes.store(Arc::new(routes));
        self.announce();
        before
    }

    /// Calls the release that the route leads to at this moment.
    pub(crate) async fn call(
        &self,
        name: &ComponentName,
        call: &mut Call,
        answer: &mut Answer,
        starter: &Starter,
    ) -> Handled {
        if let Call::Message(message) = call {
            within_limit(Bounded::Message, message.body.len())?;
        }
        loop {
            let seen = self.revision();
            let route = self.find(name)?;
            if let Some(serving) = route.serving(starter).await?
                && let Some(handled) = serving.call(call, answer).await
            {
                return handled;
            }
            // The release is being replaced, or the host is being shut down.
            self.wait_for_change(seen).await;
        }
    }

    /// Waits until a route has changed since the revision that was seen.
    async fn wait_for_change(&self, seen: u64) {
        loop {
            let changed = self.changed.notified();
            if self.revision() != seen {
                return;
            }
            changed.await;
        }
    }

    /// Has those who wait for a change look again.
    pub(crate) fn announce(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}
