//! Several releases share the calls: all are started and checked before one switch.

use super::{ONE_STATE, Unsuitable, finished};
use crate::deploy::plan::{Keep, Situation, Step};

pub(super) fn steps(situation: &Situation<'_>) -> Result<Vec<Step>, Unsuitable> {
    if situation.has_actor() {
        return Err(ONE_STATE);
    }
    let steps = vec![Step::Start { instances: 1 }, Step::CheckHealth];
    Ok(finished(situation, steps, Keep::One))
}
