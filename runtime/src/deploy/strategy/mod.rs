//! The strategies: how a deployment is planned. One file each.
//!
//! A strategy turns a situation into steps, or says why it cannot.

mod blue_green;
mod canary;
mod immediate;
mod rolling;
mod split;

use super::plan::{Keep, Situation, Step};
use crate::component::{Percent, Strategy};

/// Why a strategy does not suit a component.
type Unsuitable = &'static str;

/// Why actors take only strategies that switch at once.
pub(super) const ONE_STATE: Unsuitable =
    "an actor has one state, which cannot be in two releases; use immediate or blue-green";

/// The steps of a strategy.
pub(super) fn steps(strategy: &Strategy, situation: &Situation<'_>) -> Result<Vec<Step>, Unsuitable> {
    match strategy {
        Strategy::Immediate => Ok(immediate::steps(situation)),
        Strategy::BlueGreen => Ok(blue_green::steps(situation)),
        Strategy::Canary { steps } => canary::steps(situation, steps),
        Strategy::Rolling { batch } => rolling::steps(situation, *batch),
        Strategy::Split => split::steps(situation),
    }
}

/// One switch of all calls; watched, when that was asked for.
fn switched_at_once(situation: &Situation<'_>, instances: u32, keep: Keep) -> Vec<Step> {
    let mut steps = vec![Step::Start { instances }, Step::CheckHealth];
    if situation.moves_state() {
        steps.push(Step::TransferState);
    }
    if situation.is_watched {
        steps.push(Step::Shift { part: Percent::ALL });
        steps.push(Step::Watch);
    }
    finished(situation, steps, keep)
}

/// The steps, and how every deployment ends.
fn finished(situation: &Situation<'_>, mut steps: Vec<Step>, keep: Keep) -> Vec<Step> {
    steps.push(Step::Switch);
    if situation.current.is_some() {
        steps.push(Step::Drain { keep });
    }
    steps
}
