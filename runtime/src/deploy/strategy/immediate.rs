//! The new release takes every call from the moment it is healthy.

use crate::deploy::situation::Situation;
use crate::deploy::step::Step;

pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    let mut steps = vec![Step::Start, Step::CheckHealth];
    // Without an old release there may still be state from before the last shutdown.
    if situation.new.has_state {
        steps.push(Step::TransferState);
    }
    steps.push(Step::Switch);
    if situation.current.is_some() {
        steps.push(Step::Drain);
    }
    steps
}
