//! What a host finds when it opens a state directory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::Utc;
use semver::Version;

use super::record::{self, Outcome};
use super::route::{Route, RouteRecord, Router, Share, Target};
use crate::component::{ComponentName, Digest, Release};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::store::{Batch, Store, Table};

/// Reads the routes, closes deployments that the end of a process cut off, and removes the bytes that nothing needs.
///
/// A route is switched in one commit together with the outcome of its deployment.
/// A deployment without outcome therefore changed no route, and what served before it still does.
pub(crate) fn recover(store: &Store, events: &Events) -> Result<Router, Error> {
    let mut routes = HashMap::new();
    for (key, bytes) in store.list(Table::Routes)? {
        let name: ComponentName = key.parse()?;
        let recorded: RouteRecord = record::decode(&format!("the route of `{key}`"), &bytes)?;
        let route = read(store, &name, &recorded)?;
        routes.insert(name, Arc::new(route));
    }
    close_cut_off(store, events, &routes)?;
    sweep(store)?;
    Ok(Router::new(routes))
}

/// The route as it was recorded, its releases not started.
fn read(store: &Store, name: &ComponentName, recorded: &RouteRecord) -> Result<Route, Error> {
    let mut shares = Vec::new();
    for (version, weight) in recorded.shares() {
        let release = record::release(store, name, &version)?.ok_or_else(|| missing(name, &version))?;
        shares.push(Share {
            target: Arc::new(Target::cold(release, recorded.max)),
            weight,
        });
    }
    let first = shares.remove(0);
    let mut route = Route::new(first, shares, recorded.deployment, recorded.deployed_at);
    route.rules = recorded.rules.clone();
    route.max = recorded.max;
    route.previous = recorded.previous.clone();
    Ok(route)
}

fn missing(name: &ComponentName, version: &Version) -> Error {
    Error::Damaged {
        what: format!("the route of `{name}` leads to {version}, which is not recorded"),
    }
}

/// Records the outcome of deployments that have none, and tells what serves.
fn close_cut_off(store: &Store, events: &Events, routes: &HashMap<ComponentName, Arc<Route>>) -> Result<(), Error> {
    let mut batch = Batch::default();
    let mut cut_off = Vec::new();
    for mut deployment in record::deployments(store, None)? {
        if deployment.outcome.is_none() {
            let key = record::deployment_key(deployment.id);
            deployment.outcome = Some(Outcome::Interrupted { found_at: Utc::now() });
            batch = batch.put(Table::Deployments, key, record::encode(&deployment)?);
            cut_off.push(deployment);
        }
    }
    if cut_off.is_empty() {
        return Ok(());
    }
    store.commit(batch)?;
    for deployment in cut_off {
        let route = routes.get(&deployment.component);
        events.emit(Event::DeploymentRecovered {
            serving: route.map(|route| route.primary().release.version.clone()),
            component: deployment.component,
            deployment: deployment.id,
            to: deployment.to,
        });
    }
    Ok(())
}

/// Removes the bytes of deployments that were cut off before their release was recorded, and of releases whose removal
/// was.
fn sweep(store: &Store) -> Result<(), Error> {
    let mut needed: HashSet<Digest> = HashSet::new();
    for (key, bytes) in store.list(Table::Releases)? {
        let release: Release = record::decode(&key, &bytes)?;
        if !release.collected {
            needed.insert(release.digest);
        }
    }
    store.sweep(&needed).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_deployment_that_was_cut_off_is_closed_once_and_told() {
        let store = Store::temporary().unwrap();
        let record = serde_json::json!({
            "component": "a", "from": null, "to": "1.0.0", "strategy": "immediate",
            "started_at": Utc::now(), "outcome": null,
        });
        let key = record::deployment_key(1);
        let batch = Batch::default().put(Table::Deployments, key.as_str(), record::encode(&record).unwrap());
        store.commit(batch).unwrap();
        let told = Arc::<Mutex<Vec<Event>>>::default();
        let keep = told.clone();
        let events = Events::new(move |event| keep.lock().unwrap().push(event));
        for _ in 0..2 {
            let router = recover(&store, &events).unwrap();
            assert!(router.all().is_empty());
        }
        let told = told.lock().unwrap();
        assert!(
            matches!(&told[..], [Event::DeploymentRecovered { serving: None, .. }]),
            "{told:?}"
        );
        let closed = record::deployments(&store, None).unwrap();
        assert!(matches!(closed[0].outcome, Some(Outcome::Interrupted { .. })));
    }

    #[test]
    fn a_route_to_an_unrecorded_release_is_damage() {
        let store = Store::temporary().unwrap();
        let route = serde_json::json!({ "version": "1.0.0", "deployment": 1, "deployed_at": Utc::now() });
        store
            .commit(Batch::default().put(Table::Routes, "a", record::encode(&route).unwrap()))
            .unwrap();
        assert_eq!(
            recover(&store, &Events::default()).unwrap_err().code().as_str(),
            "store-damaged"
        );
    }
}
