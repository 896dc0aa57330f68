//! A pool gets another size, while it takes calls.

use std::sync::Arc;

use chrono::Utc;

use crate::component::{ComponentName, InstanceMode, Strategy};
use crate::deploy::execute::Deploy;
use crate::deploy::options::Origin;
use crate::deploy::record::{self, Action, DeploymentRecord, Outcome};
use crate::deploy::route::{Route, RouteRecord};
use crate::deploy::start::blocking;
use crate::error::Error;
use crate::store::{Batch, Table};

/// The most instances of one pool: as many as a host holds.
const MOST: u32 = 1_000;

impl Deploy {
    /// Changes how many instances a component's pools may have; it holds for later releases as well.
    pub(crate) async fn scale(
        &self,
        name: &ComponentName,
        max: u32,
        origin: &Origin,
    ) -> Result<DeploymentRecord, Error> {
        if !(1..=MOST).contains(&max) {
            return Err(Error::InvalidOptions {
                reason: format!("a pool has from 1 to {MOST} instances"),
            });
        }
        let turn = self.turns.take_briefly(name)?;
        let base = self.router.find(name)?;
        let release = &base.primary().release;
        let refused = match release.instances {
            InstanceMode::Pool { .. } => None,
            InstanceMode::Actor => Some("is an actor, which has one instance"),
            InstanceMode::Fresh => Some("gets a new instance for each call"),
        };
        if let Some(reason) = refused {
            return Err(Error::InvalidOptions {
                reason: format!("`{name}` {reason}"),
            });
        }
        let store = self.starter.store.clone();
        let id = store.next_id();
        let mut route = rerouted(&base);
        route.max = Some(max);
        let mut record = DeploymentRecord {
            id: 0,
            component: name.clone(),
            action: Action::Scale,
            from: Some(release.version.clone()),
            to: Some(release.version.clone()),
            strategy: Strategy::Immediate,
            weights: Vec::new(),
            max_instances: Some(max),
            started_at: Utc::now(),
            origin: origin.bounded(),
            outcome: Some(Outcome::Succeeded { at: Utc::now() }),
            calls_lost: None,
            calls_cancelled: 0,
        };
        let batch = Batch::default()
            .put(Table::Routes, name.as_str(), record::encode(&RouteRecord::of(&route))?)
            .put(Table::Deployments, record::deployment_key(id), record::encode(&record)?);
        let (deploy, component) = (self.clone(), name.clone());
        // In a task of its own, so that a caller who goes away leaves no pool at its old size.
        let scaling = tokio::spawn(async move {
            let (committing, of, kept) = (deploy.clone(), component.clone(), turn.clone());
            blocking(move || {
                kept.check()?;
                committing.reached(&of, "before-outcome");
                store.commit(batch)?;
                committing.reached(&of, "outcome-recorded");
                committing.router.set(&of, Some(Arc::new(route)));
                Ok(())
            })
            .await?;
            for share in base.shares() {
                share.target.resize(max).await;
            }
            deploy.reached(&component, "switched");
            // The turn last, so that nothing of the host is held here when it looks ended.
            drop((base, deploy));
            drop(turn);
            Ok(())
        });
        scaling.await.unwrap_or_else(|error| {
            Err(Error::Engine {
                reason: error.to_string(),
            })
        })?;
        record.id = id;
        Ok(record)
    }
}

/// The same route once more.
fn rerouted(route: &Route) -> Route {
    let mut shares = route.shares().to_vec();
    let first = shares.remove(0);
    route.with_shares(first, shares)
}
