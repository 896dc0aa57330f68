//! What a deployment is to bring about.

use std::sync::Arc;

use semver::Version;

use super::Source;
use crate::component::{ComponentName, Release};
use crate::deploy::approach::Approach;
use crate::deploy::options::{Origin, StateChoice};
use crate::deploy::record::Action;
use crate::deploy::route::Rules;
use crate::deploy::step_timing::StepTiming;

/// What a deployment is to bring about.
pub(in crate::deploy) struct Order {
    pub(in crate::deploy) name: ComponentName,
    pub(in crate::deploy) action: Action,
    /// The releases that are to take the calls, with their weights; the first takes most. There is one at least.
    pub(in crate::deploy) newcomers: Vec<(Newcomer, u32)>,
    pub(in crate::deploy) rules: Rules,
    pub(in crate::deploy) approach: Approach,
    /// Which state a rollback goes back with.
    pub(in crate::deploy) state: Option<StateChoice>,
    pub(in crate::deploy) origin: Origin,
    /// What packaging took.
    pub(in crate::deploy) steps: Vec<StepTiming>,
    /// Whether nothing had to be compiled.
    pub(in crate::deploy) cached: bool,
}

/// A release that is to take calls.
pub(in crate::deploy) struct Newcomer {
    pub(in crate::deploy) release: Arc<Release>,
    /// The bytes, when they are not in the store yet.
    pub(in crate::deploy) bytes: Option<Arc<Vec<u8>>>,
    pub(in crate::deploy) source: Source,
}

impl Order {
    /// The order that one release takes all calls; what does not concern every operation is left at its default.
    pub(in crate::deploy) fn of_one(action: Action, newcomer: Newcomer, approach: Approach, origin: &Origin) -> Self {
        Self {
            name: newcomer.release.name.clone(),
            action,
            newcomers: vec![(newcomer, 1)],
            rules: Rules::default(),
            approach,
            state: None,
            origin: origin.clone(),
            steps: Vec::new(),
            cached: false,
        }
    }

    /// The release that takes most of the calls in the end.
    pub(in crate::deploy) fn lead(&self) -> &Arc<Release> {
        &self.newcomers[0].0.release
    }

    /// Every release that is to take calls.
    pub(in crate::deploy) fn releases(&self) -> impl Iterator<Item = &Release> + Clone {
        self.newcomers.iter().map(|(newcomer, _)| &*newcomer.release)
    }

    /// Every release with its weight.
    pub(in crate::deploy) fn weights(&self) -> Vec<(Version, u32)> {
        let weight = |(newcomer, weight): &(Newcomer, u32)| (newcomer.release.version.clone(), *weight);
        self.newcomers.iter().map(weight).collect()
    }
}
