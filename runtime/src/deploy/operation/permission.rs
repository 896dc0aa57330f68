//! What a component may do is changed while it runs, and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::capability::{Capability, Grant, Missing, PolicyGrant, Source, is_normalised, unsuitable};
use crate::component::ComponentName;
use crate::deploy::execute::Deploy;
use crate::deploy::options::Origin;
use crate::deploy::permissions::{Given, directory_of};
use crate::deploy::start::blocking;
use crate::error::Error;

/// The most that is granted to one component while a host runs, and the most that is revoked.
const MOST: usize = 1_000;

/// What belongs to a grant beside its pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct GrantOptions {
    /// Where guest directories are on this machine: absolute guest path to absolute host path.
    pub mounts: BTreeMap<String, PathBuf>,
    /// Whether a pattern is meant that is broader than a grant should be, such as `/**`.
    pub broad: bool,
    /// Who grants it and why, for the list.
    pub origin: Origin,
}

/// What came of granting or revoking something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermissionChange {
    /// The component.
    pub component: ComponentName,
    /// The capability.
    pub capability: Capability,
    /// The pattern, in full.
    pub pattern: String,
    /// Whether it was otherwise before.
    pub changed: bool,
}

/// What a component may do, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComponentPermissions {
    /// The component.
    pub component: ComponentName,
    /// The release that takes most of its calls; none when it is not deployed.
    pub version: Option<Version>,
    /// What it is granted.
    pub granted: Vec<PermissionGranted>,
    /// What is denied to it, whatever else grants it.
    pub revoked: Vec<PermissionRevoked>,
    /// What the deployed release asks for and is not granted.
    pub missing: Vec<Missing>,
}

/// A grant in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermissionGranted {
    /// The capability.
    pub capability: Capability,
    /// The pattern, in full.
    pub pattern: String,
    /// Who grants it.
    pub source: Source,
    /// Whether the deployed release asks for something of it.
    pub asked: bool,
    /// How many accesses it has allowed since the host was opened.
    pub uses: u64,
    /// The directory of this machine that it is about, when it is about files.
    pub directory: Option<PathBuf>,
    /// Whether it was said that a broad pattern is meant, when an operator granted it.
    pub broad: bool,
    /// When an operator granted it.
    pub at: Option<DateTime<Utc>>,
    /// Which operator, and what for.
    #[serde(default, flatten)]
    pub origin: Origin,
}

/// Something that was revoked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermissionRevoked {
    /// The capability.
    pub capability: Capability,
    /// The pattern, in full.
    pub pattern: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom, and what for.
    #[serde(default, flatten)]
    pub origin: Origin,
}

impl ComponentPermissions {
    /// What operators have revoked.
    pub fn taken(&self) -> impl Iterator<Item = Grant> {
        let read = |revoked: &PermissionRevoked| Grant::parse(revoked.capability.clone(), &revoked.pattern).ok();
        self.revoked.iter().filter_map(read)
    }

    /// What operators have granted at run time and nobody has revoked, as a part of a policy.
    pub fn given(&self) -> PolicyGrant {
        let mut given = PolicyGrant {
            to: self.component.to_string(),
            broad: true,
            ..PolicyGrant::default()
        };
        let read = |capability: &Capability, pattern: &str| Grant::parse(capability.clone(), pattern).ok();
        for granted in self.granted.iter().filter(|granted| granted.source == Source::Operator) {
            let Some(grant) = read(&granted.capability, &granted.pattern) else {
                continue;
            };
            let is_revoked = |revoked: &PermissionRevoked| {
                read(&revoked.capability, &revoked.pattern).is_some_and(|revoked| revoked.covers(&grant))
            };
            if !self.revoked.iter().any(is_revoked) {
                given.add(&grant);
            }
        }
        given
    }
}

impl Deploy {
    /// Grants something to a component, which need not be deployed; it holds at once, and after a restart.
    pub(crate) async fn grant(
        &self,
        name: &ComponentName,
        grant: Grant,
        options: &GrantOptions,
    ) -> Result<PermissionChange, Error> {
        check(&grant, options)?;
        self.starter.permissions.check_mounts(name, &grant, &options.mounts)?;
        let given = Given {
            grant,
            mounts: options.mounts.clone(),
            broad: options.broad,
            at: Utc::now(),
            origin: options.origin.bounded(),
        };
        self.starter.permissions.check_writing(name, &given)?;
        self.change(name, (given, false), |given, recorded| {
            let is_same =
                |old: &Given| old.grant == given.grant && old.mounts == given.mounts && old.broad == given.broad;
            let was_revoked = recorded.revoked.len();
            recorded.revoked.retain(|old| old.grant != given.grant);
            if recorded.revoked.len() == was_revoked && recorded.granted.iter().any(is_same) {
                return Ok(false);
            }
            recorded.granted.retain(|old| old.grant != given.grant);
            added(&mut recorded.granted, given)
        })
        .await
    }

    /// Denies something to a component, whoever else grants it, until it is granted again.
    pub(crate) async fn revoke(
        &self,
        name: &ComponentName,
        grant: Grant,
        origin: &Origin,
    ) -> Result<PermissionChange, Error> {
        let taken = Given {
            grant,
            mounts: BTreeMap::new(),
            broad: false,
            at: Utc::now(),
            origin: origin.bounded(),
        };
        self.change(name, (taken, true), |taken, recorded| {
            let was_granted = recorded.granted.len();
            recorded.granted.retain(|old| old.grant != taken.grant);
            if recorded.revoked.iter().any(|old| old.grant == taken.grant) {
                return Ok(recorded.granted.len() != was_granted);
            }
            added(&mut recorded.revoked, taken)
        })
        .await
    }

    async fn change(
        &self,
        name: &ComponentName,
        (given, is_revocation): (Given, bool),
        change: impl FnOnce(Given, &mut crate::deploy::permissions::Recorded) -> Result<bool, Error> + Send + 'static,
    ) -> Result<PermissionChange, Error> {
        let (permissions, component) = (self.starter.permissions.clone(), name.clone());
        let (capability, pattern) = (given.grant.capability().clone(), given.grant.pattern());
        let changed = blocking(move || {
            // A policy file that cannot be used must not keep anybody from taking something away.
            permissions
                .reread()
                .or_else(|error| if is_revocation { Ok(()) } else { Err(error) })?;
            permissions.change(&component, |recorded| change(given, recorded))
        });
        Ok(PermissionChange {
            component: name.clone(),
            capability,
            pattern,
            changed: changed.await?,
        })
    }

    /// What a component may do; without a name, of every component that is deployed or named in a grant.
    pub(crate) async fn permissions(&self, name: Option<&ComponentName>) -> Result<Vec<ComponentPermissions>, Error> {
        let deployed: BTreeSet<ComponentName> = self.router.all().into_iter().map(|(name, _)| name).collect();
        let (deploy, name) = (self.clone(), name.cloned());
        blocking(move || {
            deploy.starter.permissions.reread()?;
            let names = match name {
                Some(name) => BTreeSet::from([name]),
                None => deployed
                    .into_iter()
                    .chain(deploy.starter.permissions.names()?)
                    .collect(),
            };
            names.into_iter().map(|name| deploy.permissions_of(name)).collect()
        })
        .await
    }

    fn permissions_of(&self, name: ComponentName) -> Result<ComponentPermissions, Error> {
        let release = self.router.route(&name).map(|route| route.primary().release.clone());
        let asked = match &release {
            Some(release) => Grant::of_requests(&release.requests)?,
            None => Vec::new(),
        };
        let (set, recorded) = self.starter.permissions.in_force(&name, &asked)?;
        let granted = set.granted().map(|granted| {
            let by = recorded.granted.iter().find(|given| given.grant == granted.grant);
            let by = by.filter(|_| granted.source == Source::Operator);
            PermissionGranted {
                capability: granted.grant.capability().clone(),
                pattern: granted.grant.pattern(),
                source: granted.source,
                asked: asked
                    .iter()
                    .any(|asked| asked.covers(&granted.grant) || granted.grant.covers(asked)),
                uses: granted.uses.load(std::sync::atomic::Ordering::Relaxed),
                directory: directory_of(&set, &granted.grant),
                broad: by.is_some_and(|given| given.broad),
                at: by.map(|given| given.at),
                origin: by.map(|given| given.origin.clone()).unwrap_or_default(),
            }
        });
        let revoked = recorded.revoked.iter().map(|taken| PermissionRevoked {
            capability: taken.grant.capability().clone(),
            pattern: taken.grant.pattern(),
            at: taken.at,
            origin: taken.origin.clone(),
        });
        Ok(ComponentPermissions {
            component: name,
            version: release.as_ref().map(|release| release.version.clone()),
            granted: granted.collect(),
            revoked: revoked.collect(),
            missing: match &release {
                Some(release) => self.starter.permissions.missing(release)?,
                None => Vec::new(),
            },
        })
    }
}

fn added(list: &mut Vec<Given>, given: Given) -> Result<bool, Error> {
    if list.len() >= MOST {
        return Err(Error::InvalidOptions {
            reason: format!("a component has at most {MOST} grants of an operator: grant a pattern instead"),
        });
    }
    list.push(given);
    Ok(true)
}

/// Refuses a grant that is broad and not said to be, and mounts that say no place.
fn check(grant: &Grant, options: &GrantOptions) -> Result<(), Error> {
    if let Some(breadth) = grant.breadth().filter(|_| !options.broad) {
        return Err(Error::BroadGrant {
            capability: grant.capability().clone(),
            pattern: grant.pattern(),
            breadth: breadth.into(),
        });
    }
    let refused = |reason: String| Err(Error::InvalidOptions { reason });
    if !options.mounts.is_empty() && grant.mountable().is_none() {
        return refused(format!(
            "a mount belongs to a grant of files, and not to `{}`",
            grant.capability()
        ));
    }
    for (guest, host) in &options.mounts {
        if !is_normalised(guest) {
            return refused(format!(
                "`{}` is no absolute guest path without `.` and `..`",
                guest.escape_debug()
            ));
        }
        if host.to_str().is_none() {
            return refused(format!("`{}` cannot be recorded", host.display()));
        }
        if let Some(reason) = unsuitable(host, options.broad) {
            return refused(format!("`{}` {reason}", host.display()));
        }
    }
    Ok(())
}
