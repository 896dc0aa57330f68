//! A component is withdrawn.

use chrono::Utc;

use crate::component::{ComponentName, Release, Strategy};
use crate::deploy::execute::Deploy;
use crate::deploy::options::Origin;
use crate::deploy::record::{self, Action, DeploymentRecord, Outcome};
use crate::deploy::serving::Afterwards;
use crate::deploy::start::blocking;
use crate::error::Error;
use crate::store::{Batch, Table};

impl Deploy {
    /// Withdraws a component; its saved states go with it, its releases stay recorded.
    pub(crate) async fn remove(&self, name: &ComponentName, origin: &Origin) -> Result<Release, Error> {
        let turn = self.turns.take_briefly(name)?;
        let route = self.router.find(name)?;
        let release = route.primary().release.clone();
        let store = self.starter.store.clone();
        let record = DeploymentRecord {
            id: 0,
            component: name.clone(),
            action: Action::Remove,
            from: Some(release.version.clone()),
            to: None,
            strategy: Strategy::Immediate,
            weights: Vec::new(),
            max_instances: None,
            started_at: Utc::now(),
            origin: origin.bounded(),
            outcome: Some(Outcome::Succeeded { at: Utc::now() }),
            calls_lost: None,
            calls_cancelled: 0,
        };
        let id = store.next_id();
        let batch = Batch::default().delete(Table::Routes, name.as_str()).put(
            Table::Deployments,
            record::deployment_key(id),
            record::encode(&record)?,
        );
        let (deploy, gone) = (self.clone(), name.clone());
        let runtime = tokio::runtime::Handle::current();
        blocking(move || {
            let _entered = runtime.enter();
            turn.check()?;
            deploy.reached(&gone, "before-outcome");
            store.commit(record::delete_states(batch, &store, &gone)?)?;
            deploy.reached(&gone, "outcome-recorded");
            deploy.router.set(&gone, None);
            let served = route.shares().iter().map(|share| share.target.clone());
            for target in served.chain(deploy.standby.clear(&gone)) {
                if let Some(serving) = target.started().cloned() {
                    deploy
                        .drains
                        .begin(serving, Afterwards::End, deploy.reporting_cancelled(id));
                }
            }
            deploy.reached(&gone, "switched");
            Ok(())
        })
        .await?;
        Ok(Release::clone(&release))
    }
}
