//! The new release takes every call from the moment it is healthy.

use crate::deploy::situation::Situation;
use crate::deploy::step::Step;

pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    let mut steps = vec![Step::Start, Step::CheckHealth];
    // Without an old release there may still be state from before the last shutdown.
    // A release that keeps no state still lets the state of the one before be saved.
    if situation.new.has_state || situation.current.is_some_and(|current| current.has_state) {
        steps.push(Step::TransferState);
    }
    steps.push(Step::Switch);
    if situation.current.is_some() {
        steps.push(Step::Drain);
    }
    steps
}
