//! The new release stands beside the old one, as large and healthy, before it takes every call; the old one stays.

use super::switched_at_once;
use crate::deploy::plan::{Keep, Situation, Step};

pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    // A release that does not run yet has nothing to be as large as.
    let instances = match (situation.current, situation.pool()) {
        (Some(_), Some(max)) => situation.running.clamp(1, max.max(1)),
        _ => 1,
    };
    switched_at_once(situation, instances, Keep::All)
}
