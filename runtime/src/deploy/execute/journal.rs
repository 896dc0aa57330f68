//! What is written down before and after a deployment.

use std::pin::Pin;
use std::sync::PoisonError;

use chrono::Utc;

use super::{Deploy, Failure, Order, bounded};
use crate::audit::{Recorded, Subject, Trail, shortened};
use crate::deploy::plan::Plan;
use crate::deploy::record::{self, DeploymentRecord, Outcome};
use crate::deploy::start::blocking;
use crate::deploy::unrecorded::Announced;
use crate::error::Error;
use crate::store::{Batch, Table};

impl Deploy {
    /// What a deployment is about to do.
    pub(super) fn intent(&self, order: &Order, plan: &Plan) -> DeploymentRecord {
        let weights = order.weights();
        DeploymentRecord {
            id: 0,
            component: order.name.clone(),
            action: order.action,
            from: plan.from.clone(),
            to: Some(order.lead().version.clone()),
            strategy: order.approach.strategy.clone(),
            weights: if weights.len() > 1 { weights } else { Vec::new() },
            max_instances: None,
            started_at: Utc::now(),
            origin: order.origin.bounded(),
            outcome: None,
            calls_lost: None,
            calls_cancelled: 0,
        }
    }

    /// Keeps the bytes that are new, and records what is about to happen.
    /// What is returned beside the deployment's id is to be held until its outcome is recorded.
    pub(super) async fn record_intent(&self, order: &Order, plan: &Plan) -> Result<(u64, Announced), Error> {
        let deploy = self.clone();
        let store = self.starter.store.clone();
        let id = store.next_id();
        let intent = self.intent(order, plan);
        let started = Recorded::DeploymentStarted {
            deployment: id,
            action: order.action.name().into(),
            subject: Subject::of(order.lead()),
            from: plan.from.clone(),
            operator: order.origin.given(),
        };
        self.audit().confirm(started).await?;
        let record = record::encode(&intent)?;
        let batch = Batch::default().put(Table::Deployments, record::deployment_key(id), record);
        let name = order.name.clone();
        let new = order.newcomers.iter().filter_map(|(newcomer, _)| {
            let bytes = newcomer.bytes.clone()?;
            Some((newcomer.release.digest, bytes))
        });
        let new: Vec<_> = new.collect();
        blocking(move || {
            let announced = deploy.unrecorded.announce(new.iter().map(|(digest, _)| *digest));
            for (digest, bytes) in new {
                store.keep(&digest, &bytes)?;
                deploy.reached(&name, "bytes-kept");
            }
            store.commit(batch)?;
            Ok((id, announced))
        })
        .await
    }

    /// Where what happens is recorded.
    pub(in crate::deploy) fn audit(&self) -> &Trail {
        self.starter.permissions.audit()
    }

    /// Has the audit log say how a deployment has ended, which nothing changes any more.
    pub(super) async fn audit_end(&self, id: u64, order: &Order, outcome: &Outcome) {
        let (code, reason) = match outcome {
            Outcome::Failed { code, reason, .. } | Outcome::RolledBack { code, reason, .. } => {
                (Some(code.clone()), Some(shortened(reason)))
            }
            _ => (None, None),
        };
        let ended = Recorded::DeploymentEnded {
            deployment: id,
            component: order.name.clone(),
            version: Some(order.lead().version.clone()),
            outcome: outcome.name().into(),
            code,
            reason,
        };
        // What cannot be written is counted.
        let _ = self.audit().confirm(ended).await;
    }

    /// Records why a deployment failed.
    pub(super) async fn record_failure(
        &self,
        id: u64,
        order: &Order,
        plan: &Plan,
        failure: &Failure,
    ) -> Result<(), Error> {
        let (at, code, reason) = (
            Utc::now(),
            failure.reason.code().to_string(),
            bounded(&failure.reason.to_string()),
        );
        let mut record = self.intent(order, plan);
        record.calls_lost = failure.calls_lost;
        let outcome = match failure.was_shifted {
            true => Outcome::RolledBack { at, code, reason },
            false => Outcome::Failed { at, code, reason },
        };
        self.audit_end(id, order, &outcome).await;
        record.outcome = Some(outcome);
        let batch = Batch::default().put(Table::Deployments, record::deployment_key(id), record::encode(&record)?);
        let store = self.starter.store.clone();
        blocking(move || store.commit(batch)).await
    }

    /// What adds to a deployment how many calls of the replaced release had to be cancelled.
    pub(in crate::deploy) fn reporting_cancelled(
        &self,
        id: u64,
    ) -> impl FnOnce(u32) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + 'static {
        let (store, reporting) = (self.starter.store.clone(), self.reporting.clone());
        let add = move |cancelled: u32| -> Result<(), Error> {
            // Several releases of one deployment may have something to add at the same moment.
            let _reporting = reporting.lock().unwrap_or_else(PoisonError::into_inner);
            let key = record::deployment_key(id);
            let Some(bytes) = store.read(Table::Deployments, &key)? else {
                return Ok(());
            };
            let mut record: DeploymentRecord = record::decode(&key, &bytes)?;
            record.calls_cancelled += cancelled;
            store.commit(Batch::default().put(Table::Deployments, key, record::encode(&record)?))
        };
        move |cancelled| {
            Box::pin(async move {
                // The event tells it as well, should the disk be full.
                let _ = blocking(move || add(cancelled)).await;
            })
        }
    }
}
