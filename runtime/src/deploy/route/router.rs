//! The routes of all components.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::task::coop::consume_budget;

use super::Route;
use super::http_table::HttpTable;
use crate::component::{ComponentName, HttpRoute, nearest};
use crate::deploy::serving::Admission;
use crate::deploy::start::Starter;
use crate::engine::{Answer, Call, Handled, within_limit};
use crate::error::{Bounded, Error};

type Routes = HashMap<ComponentName, Arc<Route>>;

/// The routes at one moment, and which HTTP requests follow which.
#[derive(Debug)]
struct Snapshot {
    routes: Routes,
    http: HttpTable,
}

/// The routes of all components: read without a lock, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Router {
    snapshot: ArcSwap<Snapshot>,
    changing: Mutex<()>,
    revision: AtomicU64,
    changed: Notify,
    closed: AtomicBool,
}

impl Router {
    pub(crate) fn new(routes: Routes) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(Snapshot::of(routes)),
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

    /// The route of a component, if it is deployed.
    pub(crate) fn route(&self, name: &ComponentName) -> Option<Arc<Route>> {
        self.snapshot.load().routes.get(name).cloned()
    }

    /// The route of a component; an error that names the nearest component without one.
    pub(crate) fn find(&self, name: &ComponentName) -> Result<Arc<Route>, Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        let routes = &self.snapshot.load().routes;
        routes.get(name).cloned().ok_or_else(|| Error::UnknownComponent {
            name: name.clone(),
            nearest: nearest(name.as_str(), routes.keys().map(ComponentName::as_str))
                .and_then(|near| near.parse().ok()),
        })
    }

    /// The component that gets HTTP requests for this path.
    pub(crate) fn http_component(&self, path: &str) -> Option<ComponentName> {
        self.snapshot.load().http.find(path).cloned()
    }

    /// Which HTTP requests go where, sorted by the route.
    pub(crate) fn http_routes(&self) -> Vec<(HttpRoute, ComponentName)> {
        self.snapshot.load().http.all()
    }

    /// Finds nothing from now on, and tells those who wait for a change.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.announce();
    }

    /// All routes, sorted by the components' names.
    pub(crate) fn all(&self) -> Vec<(ComponentName, Arc<Route>)> {
        let snapshot = self.snapshot.load();
        let mut all: Vec<_> = snapshot
            .routes
            .iter()
            .map(|(name, route)| (name.clone(), route.clone()))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    /// Replaces or withdraws the route of a component; returns the one it had.
    pub(crate) fn set(&self, name: &ComponentName, route: Option<Arc<Route>>) -> Option<Arc<Route>> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut routes = self.snapshot.load().routes.clone();
        let before = match route {
            Some(route) => routes.insert(name.clone(), route),
            None => routes.remove(name),
        };
        self.snapshot.store(Arc::new(Snapshot::of(routes)));
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
        // Most calls never wait, so a caller without pause would keep its thread from everything else, such as the
        // deployment that replaces what it calls.
        consume_budget().await;
        if let Call::Message(message) = call {
            within_limit(Bounded::Message, message.body.len())?;
        }
        let mut admission = Admission::Asked;
        loop {
            let seen = self.revision();
            let route = self.find(name)?;
            if let Some(serving) = route.pick(call.fields()).serving(starter).await?
                && let Some(handled) = serving.call(call, answer, &mut admission).await
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

impl Snapshot {
    fn of(routes: Routes) -> Self {
        let mut served: Vec<_> = routes
            .iter()
            .filter_map(|(name, route)| Some((route.primary().release.http_route()?, name.clone())))
            .collect();
        // Of two components with one route, which deployments do not leave, it is always the same that has it.
        served.sort();
        Self {
            http: HttpTable::new(served),
            routes,
        }
    }
}
