//! Which release of a component gets the next call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, watch};

use super::serving::Serving;
use super::start::Starter;
use crate::actor::Delivery;
use crate::component::{ComponentName, Message, Release, nearest};
use crate::engine::within_limit;
use crate::error::Error;

/// The route of one component: the release that takes its calls.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) release: Arc<Release>,
    pub(crate) deployment: u64,
    pub(crate) deployed_at: DateTime<Utc>,
    /// Made at the first call, when the host has not started the release itself.
    serving: OnceCell<Arc<Serving>>,
}

impl Route {
    /// A route to a release that is started at its first call.
    pub(crate) fn cold(release: Release, deployment: u64, deployed_at: DateTime<Utc>) -> Self {
        Self {
            release: Arc::new(release),
            deployment,
            deployed_at,
            serving: OnceCell::new(),
        }
    }

    /// A route to a release that is in service.
    pub(crate) fn warm(serving: Arc<Serving>, deployment: u64, deployed_at: DateTime<Utc>) -> Self {
        Self {
            release: serving.release.clone(),
            deployment,
            deployed_at,
            serving: OnceCell::new_with(Some(serving)),
        }
    }

    /// The release in service, if it was started.
    pub(crate) fn started(&self) -> Option<&Arc<Serving>> {
        self.serving.get()
    }

    async fn serving(&self, starter: &Starter) -> Result<&Arc<Serving>, Error> {
        self.serving.get_or_try_init(|| starter.bring_back(&self.release)).await
    }
}

type Routes = HashMap<ComponentName, Arc<Route>>;

/// The routes of all components: read without a lock, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Router {
    routes: ArcSwap<Routes>,
    changing: Mutex<()>,
    revision: watch::Sender<u64>,
    closed: AtomicBool,
}

impl Router {
    pub(crate) fn new(routes: Routes) -> Self {
        Self {
            routes: ArcSwap::from_pointee(routes),
            changing: Mutex::new(()),
            revision: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// Grows with every change of a route.
    pub(crate) fn revision(&self) -> u64 {
        *self.revision.borrow()
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
        self.revision.send_modify(|revision| *revision += 1);
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
        self.revision.send_modify(|revision| *revision += 1);
        before
    }

    /// Calls the release that the route leads to at this moment.
    pub(crate) async fn call(
        &self,
        name: &ComponentName,
        message: Message,
        starter: &Starter,
    ) -> Result<Message, Error> {
        within_limit("the message", message.body.len())?;
        let mut message = message;
        loop {
            let route = self.find(name)?;
            match route.serving(starter).await?.call(message).await {
                Delivery::Done(result) => return result,
                Delivery::Returned(unread) => message = unread,
            }
            self.wait_for_another(name, &route).await?;
        }
    }

    /// Waits until the component's route is another one.
    /// An actor ends when its route is about to be replaced, or was replaced already.
    async fn wait_for_another(&self, name: &ComponentName, route: &Arc<Route>) -> Result<(), Error> {
        let is_another = |_: &u64| !self.find(name).is_ok_and(|now| Arc::ptr_eq(&now, route));
        let changed = self.revision.subscribe().wait_for(is_another).await.map(|_| ());
        changed.map_err(|_| Error::Closed)
    }
}
