//! The two releases of an upgrade under test.

use std::sync::Arc;

use semver::Version;

use super::drive::run;
use super::outcome::UpgradeOutcome;
use crate::component::{Compatibility, InstanceMode, Package, Release, compare, development_version};
use crate::host::Host;
use crate::testing::case::Case;
use crate::testing::component::Component;
use crate::testing::error::Error;

/// An upgrade under test: the release that serves, and the one that takes its place.
///
/// ```no_run
/// use airssys_wasm::testing::{Component, Upgrade};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let old = Component::from_file("greeter-0.1.0.wasm")?;
/// let new = old.successor(std::fs::read("target/airssys/greeter.wasm")?).await?;
/// let upgrade = Upgrade::new(old, new).await?;
/// let outcome = upgrade.run(&upgrade.new_component().case("tests/cases/greets.toml")?).await?;
/// assert!(outcome.is_passed(), "{outcome:#?}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Upgrade(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    old: Side,
    new: Side,
    /// The old release once more under another version: what an upgrade to it shows is what every upgrade shows.
    again: Side,
    compatibility: Compatibility,
}

/// A release of an upgrade.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) component: Component,
    release: Release,
}

impl Upgrade {
    /// An upgrade from one release of a component to another, which is deployed under the same name.
    ///
    /// A new release that says the same version as the old one is tested as its next development version.
    ///
    /// # Errors
    ///
    /// [`Error::Release`] when one of them does not say what it needs when it is asked, [`Error::Host`] when the new one
    /// cannot be compiled.
    pub async fn new(old: Component, new: Component) -> Result<Self, Error> {
        let new = new.beside(&old);
        new.compile().await?;
        let host = Host::builder().share(old.code()).build().await?;
        let from = packaged(&host, "old", &old).await?;
        let mut to = packaged(&host, "new", &new).await?;
        host.shutdown().await?;
        to.version = succeeding(&from.version, to.version);
        let compatibility = compare((&from, old.bytes()), (&to, new.bytes()), false);
        let mut again = from.clone();
        again.version = development_version(&from.version, u64::MAX);
        Ok(Self(Arc::new(Inner {
            again: Side {
                component: old.clone(),
                release: again,
            },
            old: Side {
                component: old,
                release: from,
            },
            new: Side {
                component: new,
                release: to,
            },
            compatibility,
        })))
    }

    /// The version of the old release.
    pub fn from(&self) -> &Version {
        &self.0.old.release.version
    }

    /// The version of the new release.
    pub fn to(&self) -> &Version {
        &self.0.new.release.version
    }

    /// The new release.
    pub fn new_component(&self) -> &Component {
        &self.0.new.component
    }

    /// What changes for callers and operators.
    pub fn compatibility(&self) -> &Compatibility {
        &self.0.compatibility
    }

    /// Has one case drive the upgrade and the rollback: at first alone, then while others call.
    ///
    /// # Errors
    ///
    /// Those of [`Component::run`]; whatever the releases do is in the outcome.
    pub async fn run(&self, case: &Case) -> Result<UpgradeOutcome, Error> {
        run(self, case).await
    }

    pub(super) fn old(&self) -> &Side {
        &self.0.old
    }

    pub(super) fn successor(&self) -> &Side {
        &self.0.new
    }

    pub(super) fn again(&self) -> &Side {
        &self.0.again
    }
}

impl Side {
    /// What is deployed.
    pub(super) fn package(&self) -> Package {
        self.component.package().version(self.release.version.clone())
    }

    /// Whether it is an actor whose state outlives it.
    pub(super) fn keeps_state(&self) -> bool {
        self.release.has_state && self.is_actor()
    }

    pub(super) fn is_actor(&self) -> bool {
        self.release.instances == InstanceMode::Actor
    }

    /// How many calls may run or wait at the same time.
    pub(super) fn concurrency(&self) -> u32 {
        self.release.limits.concurrency
    }
}

/// The release that deploying a component would make.
async fn packaged(host: &Host, which: &'static str, component: &Component) -> Result<Release, Error> {
    let packaged = host.package(component.package()).await;
    packaged.map_err(|reason| Error::Release { which, reason })
}

/// The version of the new release: another one than the old has.
fn succeeding(old: &Version, new: Version) -> Version {
    if new != *old {
        return new;
    }
    let number = old.build.strip_prefix("dev.").and_then(|number| number.parse().ok());
    development_version(&new, number.unwrap_or(0_u64).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_release_has_a_version_of_its_own() {
        let check = |old: &str, new: &str, expected: &str| {
            let found = succeeding(&old.parse().unwrap(), new.parse().unwrap());
            assert_eq!(found.to_string(), expected);
        };
        check("0.1.0", "0.2.0", "0.2.0");
        check("0.2.0", "0.1.0", "0.1.0");
        check("0.1.0", "0.1.0", "0.1.0+dev.1");
        check("0.1.0+dev.3", "0.1.0+dev.3", "0.1.0+dev.4");
        check("0.1.0+dev.3", "0.1.0", "0.1.0");
    }
}
