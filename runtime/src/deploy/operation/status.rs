//! How components are doing, what was done with them, and what is there to go to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::actor::Saved;
use crate::component::{ComponentName, Digest, Health, Release};
use crate::deploy::execute::Deploy;
use crate::deploy::record::{self, DeploymentRecord};
use crate::deploy::route::{Route, Rules, Target};
use crate::deploy::start::blocking;
use crate::error::Error;
use crate::event::as_optional_seconds;
use crate::usage::{Account, LimitUsage, Quarantine};

/// A deployed component, as it is at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComponentStatus {
    /// The release that takes most of the calls.
    pub release: Release,
    /// The deployment that brought it into service.
    pub deployment: u64,
    /// When that was.
    pub deployed_at: DateTime<Utc>,
    /// Instances of releases that take calls; none before the first call to a host that was just opened.
    pub instances: u32,
    /// Calls that run or wait now.
    pub in_flight: u32,
    /// Calls that have ended since the host was opened, whichever release took them.
    pub calls: u64,
    /// Those of them that failed by the component's fault.
    pub failed: u64,
    /// Each release that takes calls, then those that are kept warm.
    pub releases: Vec<ReleaseStatus>,
    /// Which calls go where, whatever the weights are.
    pub rules: Rules,
    /// What it uses of its limits, over all releases, against those of the release that takes most of the calls.
    #[serde(default)]
    pub limits: Vec<LimitUsage>,
}

/// A release that takes calls, or is kept warm.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReleaseStatus {
    /// Its version.
    pub version: Version,
    /// Identifies its bytes.
    pub digest: Digest,
    /// Its part of the sum of all weights; 0 when it takes calls by rule only, none when it takes none.
    pub weight: Option<u32>,
    /// What it last said of its health; none before it was asked.
    pub health: Option<Health>,
    /// Instances that exist now.
    pub instances: u32,
    /// The most instances that may exist; none where only the limit of calls counts.
    pub max_instances: Option<u32>,
    /// Calls that run or wait now.
    pub in_flight: u32,
    /// Calls that have ended since it was started.
    pub calls: u64,
    /// Those of them that failed by the component's fault.
    pub failed: u64,
    /// The share of the calls that failed, between 0 and 1; none without calls.
    pub error_rate: Option<f64>,
    /// The quarantine that it is in, because its instances could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantine>,
    /// Within which time half of the calls were done.
    #[serde(rename = "p50_seconds", with = "as_optional_seconds")]
    pub p50: Option<Duration>,
    /// Within which time 99 of 100 calls were done.
    #[serde(rename = "p99_seconds", with = "as_optional_seconds")]
    pub p99: Option<Duration>,
}

impl Deploy {
    /// Every deployed component, sorted by name.
    pub(crate) fn status(&self) -> Vec<ComponentStatus> {
        let routes = self.router.all();
        routes.iter().map(|(name, route)| self.status_of(name, route)).collect()
    }

    fn status_of(&self, name: &ComponentName, route: &Route) -> ComponentStatus {
        let account = self.starter.budget.account(name);
        let routed = route
            .shares()
            .iter()
            .map(|share| of_release(&account, &share.target, Some(share.weight)));
        let mut releases: Vec<ReleaseStatus> = routed.collect();
        let sum = |of: fn(&ReleaseStatus) -> u32| releases.iter().map(of).sum();
        let (instances, in_flight) = (sum(|release| release.instances), sum(|release| release.in_flight));
        let is_routed = |target: &Arc<Target>| route.shares().iter().any(|share| Arc::ptr_eq(&share.target, target));
        let warm = self.standby.of(name).into_iter().filter(|target| !is_routed(target));
        releases.extend(warm.map(|target| of_release(&account, &target, None)));
        let (calls, failed) = self.starter.ledgers.of(name).totals();
        let primary = &route.primary().release;
        ComponentStatus {
            limits: account.usage(&primary.limits, in_flight, &self.starter.permissions.ceilings(name)),
            release: Release::clone(primary),
            deployment: route.deployment,
            deployed_at: route.deployed_at,
            instances,
            in_flight,
            calls,
            failed,
            releases,
            rules: route.rules.clone(),
        }
    }

    /// The recorded deployments of a component, the oldest first.
    pub(crate) async fn history(&self, name: &ComponentName) -> Result<Vec<DeploymentRecord>, Error> {
        let (store, name) = (self.starter.store.clone(), name.clone());
        blocking(move || record::deployments(&store, Some(&name))).await
    }

    /// The bytes of a release that is in the store.
    pub(crate) async fn release_bytes(&self, name: &ComponentName, version: &Version) -> Result<Vec<u8>, Error> {
        let release = self.recorded(name, version).await?;
        let store = self.starter.store.clone();
        blocking(move || match store.holds(&release.digest) {
            true => store.bytes(&release.digest),
            false => Err(Error::ReleaseCollected { label: release.label() }),
        })
        .await
    }

    /// The state of an actor as it was last saved.
    pub(crate) async fn saved(&self, name: &ComponentName) -> Result<Option<Saved>, Error> {
        let (store, name) = (self.starter.store.clone(), name.clone());
        blocking(move || record::state(&store, &name)).await
    }

    /// The releases of a component that are in the store, the oldest version first.
    pub(crate) async fn releases(&self, name: &ComponentName) -> Result<Vec<Release>, Error> {
        let (store, name) = (self.starter.store.clone(), name.clone());
        blocking(move || {
            let releases = record::releases(&store, &name)?;
            Ok(releases.into_iter().filter(|release| !release.collected).collect())
        })
        .await
    }
}

fn of_release(account: &Account, target: &Target, weight: Option<u32>) -> ReleaseStatus {
    let serving = target.started();
    let starts = match serving {
        Some(serving) => serving.prepared.starts.clone(),
        None => account.starts_of(target.release.digest),
    };
    let quarantine = starts.quarantine(Instant::now());
    let reading = serving.map(|serving| serving.measures.read()).unwrap_or_default();
    ReleaseStatus {
        version: target.release.version.clone(),
        digest: target.release.digest,
        weight,
        health: serving.and_then(|serving| serving.health()),
        instances: serving.map_or(0, |serving| serving.instances()),
        max_instances: match serving {
            Some(serving) => serving.max_instances(),
            None => target.max_instances(),
        },
        in_flight: serving.map_or(0, |serving| serving.in_flight()),
        calls: reading.calls,
        failed: reading.failed,
        error_rate: reading.error_rate(),
        quarantine,
        p50: reading.percentile(50.0),
        p99: reading.percentile(99.0),
    }
}
