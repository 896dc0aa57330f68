//! An earlier release comes back into service.

use std::time::Duration;

use crate::component::{ComponentName, Release, Strategy};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Deployment, Order};
use crate::deploy::options::RollbackOptions;
use crate::deploy::record::{Action, Outcome};
use crate::deploy::route::Route;
use crate::error::Error;

/// How long a release may take to become healthy again, when nothing is said.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a deployment under way is given up for a rollback.
const ROLLED_BACK: &str = "the operator rolled back";

impl Deploy {
    /// Takes a component back to an earlier release: all calls, at once, whatever the release has to say of it.
    ///
    /// A deployment of the component that is under way is given up first; without a version that is all.
    pub(crate) async fn rollback(&self, name: &ComponentName, options: &RollbackOptions) -> Result<Deployment, Error> {
        let before = self.router.route(name);
        if let (Some(version), Some(_)) = (&options.to_version, &before) {
            // A mistake must not cost a deployment that is under way.
            let release = self.recorded(name, version).await?;
            self.admit(&release).await?;
        }
        let was_under_way = self.turns.abort(name, ROLLED_BACK).await;
        let turn = self.turns.take(name)?;
        let base = self.router.find(name);
        if was_under_way && options.to_version.is_none() {
            let undone = self.undone(name, before.as_deref(), base.as_deref().ok()).await?;
            if let Some(undone) = undone {
                return Ok(undone);
            }
        }
        let base = base?;
        let version = match &options.to_version {
            Some(version) => version.clone(),
            None => base
                .previous
                .clone()
                .ok_or_else(|| Error::NothingEarlier { name: name.clone() })?,
        };
        let release = self.recorded(name, &version).await?;
        let (newcomer, cached) = self.recall(&release, Some(&base)).await?;
        let timeout = options.health_timeout.unwrap_or(HEALTH_TIMEOUT);
        let approach = Approach::unwatched(Strategy::Immediate, Some(timeout));
        let order = Order {
            state: options.state,
            cached,
            ..Order::of_one(Action::Rollback, newcomer, approach, &options.origin)
        };
        self.carry_out(order, turn).await
    }

    /// The rollback that consists of a deployment having been given up; none when that had its outcome already.
    async fn undone(
        &self,
        name: &ComponentName,
        before: Option<&Route>,
        now: Option<&Route>,
    ) -> Result<Option<Deployment>, Error> {
        let last = self.history(name).await?.pop();
        let given_up = last.filter(|record| {
            let code = match &record.outcome {
                Some(Outcome::RolledBack { code, .. } | Outcome::Failed { code, .. }) => code,
                _ => return false,
            };
            code == "deployment-aborted"
        });
        let Some(now) = now else {
            // The first deployment of the component was given up, and there is nothing else.
            return match given_up {
                Some(_) => Err(Error::NothingEarlier { name: name.clone() }),
                None => Ok(None),
            };
        };
        // One that was given up before its intent was recorded has left nothing, and changed no route.
        let is_unmoved = before.is_some_and(|before| before.deployment == now.deployment);
        let is_undone = match &given_up {
            Some(record) => record.id > now.deployment,
            None => is_unmoved,
        };
        if !is_undone {
            return Ok(None);
        }
        let release = Release::clone(&now.primary().release);
        Ok(Some(Deployment {
            id: given_up.as_ref().map_or(now.deployment, |record| record.id),
            action: Action::Rollback,
            previous: given_up.as_ref().and_then(|record| record.to.clone()),
            release,
            weights: now.weights(),
            cached: true,
            calls_lost: given_up.and_then(|record| record.calls_lost),
            steps: Vec::new(),
        }))
    }
}
