//! What is written down before and after a deployment.

use std::sync::Arc;

use chrono::Utc;

use super::Strategy;
use super::execute::Deploy;
use super::plan::Plan;
use super::record::{self, DeploymentRecord, Outcome};
use super::start::blocking;
use crate::component::Release;
use crate::error::Error;
use crate::store::{Batch, Table};

impl Deploy {
    /// Keeps the bytes, and records what is about to happen.
    pub(super) async fn record_intent(
        &self,
        release: &Release,
        bytes: Arc<Vec<u8>>,
        intent: &DeploymentRecord,
    ) -> Result<u64, Error> {
        let store = self.starter.store.clone();
        let id = store.next_id();
        let batch = Batch::default().put(Table::Deployments, record::deployment_key(id), record::encode(intent)?);
        let digest = release.digest;
        blocking(move || {
            store.keep(&digest, &bytes)?;
            store.commit(batch)
        })
        .await?;
        Ok(id)
    }

    /// Records why a deployment failed.
    pub(super) async fn record_failure(&self, id: u64, intent: DeploymentRecord, reason: &Error) -> Result<(), Error> {
        let record = DeploymentRecord {
            outcome: Some(Outcome::Failed {
                at: Utc::now(),
                code: reason.code().to_string(),
                reason: reason.to_string(),
            }),
            ..intent
        };
        let batch = Batch::default().put(Table::Deployments, record::deployment_key(id), record::encode(&record)?);
        let store = self.starter.store.clone();
        blocking(move || store.commit(batch)).await
    }
}

/// What a deployment is about to do.
pub(super) fn intent(release: &Release, plan: &Plan, strategy: Strategy) -> DeploymentRecord {
    DeploymentRecord {
        component: release.name.clone(),
        from: plan.from.clone(),
        to: Some(release.version.clone()),
        strategy,
        started_at: Utc::now(),
        outcome: None,
    }
}
