//! The outcome of a deployment and the switch of its route, in one piece that nothing divides.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Utc;
use semver::Version;

use super::{Move, not_started};
use crate::deploy::record::{self, Action, Outcome};
use crate::deploy::route::{Route, RouteRecord, Share};
use crate::deploy::serving::Afterwards;
use crate::deploy::start::blocking;
use crate::error::Error;
use crate::store::{Batch, Table};

/// Why a release comes into service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is the plan.
    Planned,
    /// It was to be taken back, and what served before cannot be started any more.
    NoWayBack,
}

impl Move<'_> {
    /// Records the outcome and makes the route what it is to be; the releases that are replaced begin to drain.
    pub(super) async fn switch(&mut self, cause: Cause) -> Result<(), Error> {
        let route = Arc::new(self.final_route()?);
        let batch = self.outcome(&route)?;
        let deploy = self.deploy.clone();
        let (name, id, turn) = (self.order.name.clone(), self.id, self.turn.clone());
        let expected = self.plan.base;
        let kept = route.clone();
        blocking(move || {
            if cause == Cause::Planned {
                turn.check()?;
            }
            let base = deploy.router.route(&name).map(|route| route.deployment);
            // A first release that is watched has a route of its own already.
            if base != expected && base != Some(id) {
                return Err(Error::Conflict { name });
            }
            deploy.starter.store.commit(batch)?;
            deploy.reached(&name, "outcome-recorded");
            deploy.router.set(&name, Some(route));
            Ok(())
        })
        .await?;
        self.is_shifted = false;
        self.transfer.end_old();
        self.retire_replaced(&kept);
        let outcome = Outcome::Succeeded { at: kept.deployed_at };
        self.deploy.audit_end(self.id, self.order, &outcome).await;
        Ok(())
    }

    fn final_route(&self) -> Result<Route, Error> {
        let mut shares = Vec::new();
        for (candidate, (_, weight)) in self.candidates.iter().zip(&self.order.newcomers) {
            shares.push(Share {
                target: candidate.target().ok_or_else(not_started)?.clone(),
                weight: *weight,
            });
        }
        let first = shares.remove(0);
        let mut route = Route::new(first, shares, self.id, Utc::now());
        route.rules = self.order.rules.clone();
        if let Some(base) = &self.base {
            route.max = base.max;
            let versions = |route: &Route| -> BTreeSet<Version> {
                route.weights().into_iter().map(|(version, _)| version).collect()
            };
            // The same release once more, with another configuration or other weights, is nothing to go back from.
            route.previous = if versions(base) == versions(&route) {
                base.previous.clone()
            } else {
                Some(base.primary().release.version.clone())
            };
        }
        Ok(route)
    }

    fn outcome(&self, route: &Route) -> Result<Batch, Error> {
        let outcome = Outcome::Succeeded { at: route.deployed_at };
        let mut record = self.deploy.intent(self.order, self.plan);
        record.outcome = Some(outcome);
        record.calls_lost = self.transfer.calls_lost;
        let name = &self.order.name;
        let mut batch = Batch::default()
            .put(Table::Routes, name.as_str(), record::encode(&RouteRecord::of(route))?)
            .put(
                Table::Deployments,
                record::deployment_key(self.id),
                record::encode(&record)?,
            );
        for (newcomer, _) in &self.order.newcomers {
            // A release is recorded when it has come into service, so that a version that never did can be used again.
            if newcomer.bytes.is_some() {
                let release = &newcomer.release;
                batch = batch.put(Table::Releases, release.label(), record::encode(&**release)?);
            }
        }
        if let Some(saved) = &self.transfer.saved {
            batch = record::put_state(batch, name, saved);
        }
        if let Some(left) = &self.transfer.left
            && self.order.action != Action::Rollback
        {
            batch = record::put_snapshot(batch, name, left);
        }
        Ok(batch)
    }

    /// Drains what is replaced, and keeps it warm as far as that was asked for.
    fn retire_replaced(&self, route: &Route) {
        let Some(base) = &self.base else { return };
        let deploy = self.deploy;
        for share in route.shares() {
            deploy.standby.take(&share.target);
        }
        let is_kept = |share: &&Share| {
            route
                .shares()
                .iter()
                .any(|kept| Arc::ptr_eq(&kept.target, &share.target))
        };
        for share in base.shares().iter().filter(|share| !is_kept(share)) {
            let Some(serving) = share.target.started().cloned() else {
                continue;
            };
            let afterwards = self.afterwards(&serving);
            deploy
                .drains
                .begin(serving, afterwards, deploy.reporting_cancelled(self.id));
            for gone in deploy.standby.keep(share.target.clone(), deploy.retention.warm) {
                // What is not kept at all is ending already.
                if let Some(serving) = gone.started().filter(|_| !Arc::ptr_eq(&gone, &share.target)) {
                    deploy.drains.begin_unreported(serving.clone(), Afterwards::End);
                }
            }
        }
    }
}
