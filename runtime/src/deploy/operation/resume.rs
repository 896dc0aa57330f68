//! An operator ends a quarantine.

use crate::component::ComponentName;
use crate::deploy::execute::Deploy;
use crate::error::Error;

impl Deploy {
    /// Lets the releases that take calls of a component be started again; says whether one was quarantined.
    pub(crate) fn resume(&self, name: &ComponentName) -> Result<bool, Error> {
        let route = self.router.find(name)?;
        let account = self.starter.budget.account(name);
        let mut was_quarantined = false;
        for share in route.shares() {
            was_quarantined |= match share.target.started() {
                Some(serving) => serving.prepared.resume(),
                None => account.starts_of(share.target.release.digest).forget(),
            };
        }
        Ok(was_quarantined)
    }
}
