//! How a component is withdrawn.

use chrono::Utc;

use super::Strategy;
use super::execute::Deploy;
use super::record::{self, DeploymentRecord, Outcome};
use super::start::blocking;
use crate::component::{ComponentName, Release};
use crate::error::Error;
use crate::store::{Batch, Table};

impl Deploy {
    /// Withdraws a component; its saved state goes with it, its releases stay recorded.
    pub(crate) async fn remove(&self, name: &ComponentName) -> Result<Release, Error> {
        let turn = self.turns.take(name)?;
        let route = self.router.find(name)?;
        let record = DeploymentRecord {
            component: name.clone(),
            from: Some(route.release.version.clone()),
            to: None,
            strategy: Strategy::Immediate,
            started_at: Utc::now(),
            outcome: Some(Outcome::Succeeded { at: Utc::now() }),
        };
        let store = self.starter.store.clone();
        let batch = Batch::default()
            .delete(Table::Routes, name.as_str())
            .delete(Table::States, name.as_str())
            .put(
                Table::Deployments,
                record::deployment_key(store.next_id()),
                record::encode(&record)?,
            );
        let (router, drains, gone) = (self.router.clone(), self.drains.clone(), name.clone());
        let runtime = tokio::runtime::Handle::current();
        blocking(move || {
            let _entered = runtime.enter();
            turn.check()?;
            store.commit(batch)?;
            drains.begin(router.set(&gone, None));
            Ok(())
        })
        .await?;
        Ok(Release::clone(&route.release))
    }
}
