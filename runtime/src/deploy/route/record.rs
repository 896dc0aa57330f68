//! The route of a component as it is recorded.

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{Route, Rules};

/// Which releases of a component get the next call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RouteRecord {
    /// The release with the largest part of the calls.
    pub(crate) version: Version,
    pub(crate) deployment: u64,
    pub(crate) deployed_at: DateTime<Utc>,
    /// All releases with their weights, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) weights: Vec<(Version, u32)>,
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    pub(crate) rules: Rules,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Version>,
}

impl RouteRecord {
    pub(crate) fn of(route: &Route) -> Self {
        let weights = route.weights();
        Self {
            version: route.primary().release.version.clone(),
            deployment: route.deployment,
            deployed_at: route.deployed_at,
            weights: if weights.len() > 1 { weights } else { Vec::new() },
            rules: route.rules.clone(),
            max: route.max,
            previous: route.previous.clone(),
        }
    }

    /// Every release with its weight.
    pub(crate) fn shares(&self) -> Vec<(Version, u32)> {
        match self.weights.is_empty() {
            true => vec![(self.version.clone(), 1)],
            false => self.weights.clone(),
        }
    }
}
