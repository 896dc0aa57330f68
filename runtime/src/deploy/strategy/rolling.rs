//! The instances of a pool are replaced in batches: the old release gives up as many as the new one gets.

use super::{ONE_STATE, Unsuitable, finished, switched_at_once};
use crate::component::{InstanceMode, Percent};
use crate::deploy::plan::{Keep, Situation, Step};

pub(super) fn steps(situation: &Situation<'_>, batch: Option<u32>) -> Result<Vec<Step>, Unsuitable> {
    if situation.has_actor() {
        return Err(ONE_STATE);
    }
    let Some(max) = situation.pool() else {
        return Err("it gets a new instance for each call, so there are none to replace; use immediate or canary");
    };
    if max < 2 {
        return Err("it has one instance, and rolling needs two at least; raise `instances.max`, or use immediate");
    }
    let Some(current) = situation.current else {
        return Ok(switched_at_once(situation, 1, Keep::One));
    };
    if !matches!(current.instances, InstanceMode::Pool { .. }) {
        return Err("the release that serves has no pool of instances to replace; use immediate or canary");
    }
    let batch = batch.unwrap_or(max / 4).clamp(1, max);
    let mut steps = vec![Step::Start { instances: 1 }, Step::CheckHealth];
    let mut new = 0;
    while new < max {
        new = (new + batch).min(max);
        steps.push(Step::Resize {
            // A pool keeps an instance for the calls that it still gets, and for those it has taken.
            old: (max - new).max(1),
            new,
        });
        steps.push(Step::Shift { part: part(new, max) });
        if situation.is_watched {
            steps.push(Step::Watch);
        }
    }
    Ok(finished(situation, steps, Keep::One))
}

/// How much of a hundred `new` of `max` is: everything only for all of them, and never nothing.
fn part(new: u32, max: u32) -> Percent {
    let hundredths = u64::from(new) * 100 / u64::from(max);
    let part = if new == max { 100 } else { hundredths.clamp(1, 99) };
    u8::try_from(part).ok().and_then(Percent::new).unwrap_or(Percent::ALL)
}
