//! Deployments under way keep the HTTP routes for themselves that their components have, or are to have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Route, Router};
use crate::component::{ComponentName, HttpRoute, Release};
use crate::error::Error;

/// The routes that deployments under way have or are to have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims(Arc<Mutex<HashMap<HttpRoute, ComponentName>>>);

/// The routes of one deployment, until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Claims,
    routes: Vec<HttpRoute>,
}

impl Router {
    /// Refuses routes that another component has, or the host.
    pub(crate) fn refuse_taken<'a>(
        &self,
        name: &ComponentName,
        releases: impl Iterator<Item = &'a Release>,
    ) -> Result<Vec<HttpRoute>, Error> {
        let routes: Vec<HttpRoute> = releases.filter_map(Release::http_route).collect();
        let all = self.http_routes();
        for route in &routes {
            let mut others = all.iter().filter(|(taken, by)| taken == route && by != name);
            let owner = others.next().map(|(_, owner)| owner.clone());
            if owner.is_some() || route.is_own() {
                return Err(Error::RouteTaken {
                    route: route.clone(),
                    owner,
                });
            }
        }
        Ok(routes)
    }
}

impl Claims {
    /// Claims the routes of these releases for a component, and those it has: it may go back to them.
    pub(crate) fn claim<'a>(
        &self,
        router: &Router,
        name: &ComponentName,
        releases: impl Iterator<Item = &'a Release> + Clone,
        base: Option<&Route>,
    ) -> Result<Claim, Error> {
        let mut claim = Claim {
            claims: self.clone(),
            routes: Vec::new(),
        };
        let wanted = releases.clone().filter_map(Release::http_route);
        let had = base.into_iter().flat_map(Route::shares);
        let had = had.filter_map(|share| share.target.release.http_route());
        for route in wanted.chain(had) {
            if !claim.routes.contains(&route) {
                claim.add(route, name)?;
            }
        }
        // After they were claimed, so that nobody gets them between this look and the end of the deployment.
        router.refuse_taken(name, releases)?;
        Ok(claim)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<HttpRoute, ComponentName>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    fn add(&mut self, route: HttpRoute, name: &ComponentName) -> Result<(), Error> {
        let mut all = self.claims.all();
        // A component has one deployment at a time, so that a claim is another component's.
        if let Some(owner) = all.get(&route) {
            return Err(Error::RouteTaken {
                route,
                owner: Some(owner.clone()),
            });
        }
        all.insert(route.clone(), name.clone());
        drop(all);
        self.routes.push(route);
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut all = self.claims.all();
        for route in &self.routes {
            all.remove(route);
        }
    }
}
