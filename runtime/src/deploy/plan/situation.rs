//! What a deployment is planned for.

use crate::component::{InstanceMode, Release};

/// What a plan is made for.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    /// The release that takes most of the calls now.
    pub(crate) current: Option<&'a Release>,
    /// How many instances of it exist.
    pub(crate) running: u32,
    /// The release to deploy.
    pub(crate) new: &'a Release,
    /// How many instances its pool may have, when the operator said so.
    pub(crate) max: Option<u32>,
    /// The deployment that made the route from which this one starts.
    pub(crate) base: Option<u64>,
    /// Whether each step is watched.
    pub(crate) is_watched: bool,
}

impl Situation<'_> {
    /// How many instances the pool of the new release may have; none when it has no pool.
    pub(crate) fn pool(&self) -> Option<u32> {
        match self.new.instances {
            InstanceMode::Pool { max } => Some(self.max.unwrap_or(max)),
            InstanceMode::Actor | InstanceMode::Fresh => None,
        }
    }

    /// Whether one of the two is an actor.
    pub(crate) fn has_actor(&self) -> bool {
        let is_actor = |release: &Release| release.instances == InstanceMode::Actor;
        is_actor(self.new) || self.current.is_some_and(is_actor)
    }

    /// Whether state goes from one release to the next.
    ///
    /// Without an old release there may still be state from before the last shutdown.
    /// A release that keeps no state still lets the state of the one before be saved.
    pub(crate) fn moves_state(&self) -> bool {
        self.new.has_state || self.current.is_some_and(|current| current.has_state)
    }
}
