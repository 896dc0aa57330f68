//! An earlier release comes back into service.

use crate::component::{ComponentName, Strategy};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Deployment, Order};
use crate::deploy::options::RollbackOptions;
use crate::deploy::record::Action;
use crate::error::Error;

/// Why a deployment under way is given up for a rollback.
const ROLLED_BACK: &str = "the operator rolled back";

impl Deploy {
    /// Takes a component back to an earlier release: all calls, at once, whatever the release has to say of it.
    ///
    /// A deployment of the component that is under way is given up first.
    pub(crate) async fn rollback(&self, name: &ComponentName, options: &RollbackOptions) -> Result<Deployment, Error> {
        // What is being deployed is no release to go back from: giving it up is what takes its callers back.
        let was_under_way = self.turns.abort(name, ROLLED_BACK).await;
        let turn = self.turns.take(name)?;
        let base = self.router.find(name)?;
        let serving = base.primary().release.version.clone();
        let version = match &options.to_version {
            Some(version) => version.clone(),
            None if was_under_way => serving,
            None => base
                .previous
                .clone()
                .ok_or_else(|| Error::NothingEarlier { name: name.clone() })?,
        };
        let release = self.recorded(name, &version).await?;
        let (newcomer, cached) = self.recall(&release, Some(&base)).await?;
        let approach = Approach::unwatched(Strategy::Immediate, None);
        let order = Order {
            state: options.state,
            cached,
            ..Order::of_one(Action::Rollback, newcomer, approach, &options.origin)
        };
        self.carry_out(order, turn).await
    }
}
