//! The new release takes a growing part of the calls, watched at each step.

use super::{ONE_STATE, Unsuitable, finished, switched_at_once};
use crate::component::Percent;
use crate::deploy::plan::{Keep, Situation, Step};

pub(super) fn steps(situation: &Situation<'_>, parts: &[Percent]) -> Result<Vec<Step>, Unsuitable> {
    if situation.has_actor() {
        return Err(ONE_STATE);
    }
    if situation.current.is_none() {
        // There is nobody to share the calls with.
        return Ok(switched_at_once(situation, 1, Keep::One));
    }
    let mut steps = vec![Step::Start { instances: 1 }, Step::CheckHealth];
    for part in parts {
        steps.push(Step::Shift { part: *part });
        if situation.is_watched {
            steps.push(Step::Watch);
        }
    }
    Ok(finished(situation, steps, Keep::One))
}
