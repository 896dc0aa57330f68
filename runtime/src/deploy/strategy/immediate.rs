//! The new release takes every call from the moment it is healthy.

use super::switched_at_once;
use crate::deploy::plan::{Keep, Situation, Step};

pub(super) fn steps(situation: &Situation<'_>) -> Vec<Step> {
    switched_at_once(situation, 1, Keep::One)
}
