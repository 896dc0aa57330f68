//! What a host finds when it opens a state directory.

use std::collections::HashMap;

use chrono::Utc;

use super::record::{self, DeploymentRecord, Outcome, RouteRecord};
use super::route::{Route, Router};
use crate::component::ComponentName;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::store::{Batch, Store, Table};

/// Reads the routes, and closes deployments that the end of a process cut off.
///
/// A route is switched in one commit together with the outcome of its deployment.
/// A deployment without outcome therefore changed no route, and what served before it still does.
pub(crate) fn recover(store: &Store, events: &Events) -> Result<Router, Error> {
    let mut routes = HashMap::new();
    for (key, bytes) in store.list(Table::Routes)? {
        let name: ComponentName = key.parse()?;
        let route: RouteRecord = record::decode(&format!("the route of `{key}`"), &bytes)?;
        let release = record::release(store, &name, &route.version)?.ok_or_else(|| Error::Damaged {
            what: format!(
                "the route of `{name}` leads to {}, which is not recorded",
                route.version
            ),
        })?;
        routes.insert(
            name,
            std::sync::Arc::new(Route::cold(release, route.deployment, route.deployed_at)),
        );
    }
    let mut batch = Batch::default();
    let mut cut_off = Vec::new();
    for (key, bytes) in store.list(Table::Deployments)? {
        let mut deployment: DeploymentRecord = record::decode(&format!("deployment {key}"), &bytes)?;
        if deployment.outcome.is_none() {
            deployment.outcome = Some(Outcome::Interrupted { found_at: Utc::now() });
            batch = batch.put(Table::Deployments, key, record::encode(&deployment)?);
            cut_off.push(deployment.component);
        }
    }
    if !cut_off.is_empty() {
        store.commit(batch)?;
    }
    for component in cut_off {
        let serving = routes.get(&component).map(|route| route.release.version.clone());
        events.emit(Event::DeploymentRecovered { component, serving });
    }
    Ok(Router::new(routes))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::deploy::Strategy;

    #[test]
    fn a_deployment_that_was_cut_off_is_closed_once_and_told() {
        let store = Store::temporary().unwrap();
        let record = DeploymentRecord {
            component: "a".parse().unwrap(),
            from: None,
            to: Some("1.0.0".parse().unwrap()),
            strategy: Strategy::Immediate,
            started_at: Utc::now(),
            outcome: None,
        };
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
        let closed: DeploymentRecord =
            record::decode("it", &store.read(Table::Deployments, &key).unwrap().unwrap()).unwrap();
        assert!(matches!(closed.outcome, Some(Outcome::Interrupted { .. })));
    }

    #[test]
    fn a_route_to_an_unrecorded_release_is_damage() {
        let store = Store::temporary().unwrap();
        let route = RouteRecord {
            version: "1.0.0".parse().unwrap(),
            deployment: 1,
            deployed_at: Utc::now(),
        };
        store
            .commit(Batch::default().put(Table::Routes, "a", record::encode(&route).unwrap()))
            .unwrap();
        assert_eq!(
            recover(&store, &Events::default()).unwrap_err().code().as_str(),
            "store-damaged"
        );
    }
}
