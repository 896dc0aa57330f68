//! What each component is granted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::capability::{Clearance, Grant, GrantSet, Grants, Policy};
use crate::component::{ComponentName, Release};
use crate::error::Error;

/// The grants of all components; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Permissions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    policy: Policy,
    /// The grants of the components that were asked about.
    known: Mutex<HashMap<ComponentName, Arc<Grants>>>,
}

impl Permissions {
    /// What a policy grants.
    pub(crate) fn new(policy: Policy) -> Self {
        Self(Arc::new(Inner {
            policy,
            known: Mutex::default(),
        }))
    }

    /// Nothing is granted to anybody.
    pub(crate) fn none() -> Self {
        Self::new(Policy::default())
    }

    /// What a component is granted, now and as it changes.
    pub(crate) fn of(&self, name: &ComponentName) -> Arc<Grants> {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let mut set = GrantSet::default();
            self.0.policy.grants_of(name, &mut set);
            Arc::new(Grants::new(set))
        };
        known.entry(name.clone()).or_insert_with(new).clone()
    }

    /// What the instances of a release may do.
    pub(crate) fn clearance(&self, release: &Release) -> Result<Clearance, Error> {
        Ok(Clearance {
            asked: Grant::of_requests(&release.requests)?.into(),
            grants: self.of(&release.name),
            teaches: false,
        })
    }

    /// Refuses a release that asks for more than its component is granted.
    pub(crate) fn refuse_ungranted(&self, release: &Release) -> Result<(), Error> {
        let clearance = self.clearance(release)?;
        let missing = clearance.grants.now().missing(&clearance.asked);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::NotGranted {
            label: release.label(),
            missing,
        })
    }
}
