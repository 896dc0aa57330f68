//! The strategies: how a deployment is planned. One file each.

mod immediate;

use super::situation::Situation;
use super::step::Step;

/// How a deployment is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Strategy {
    /// The new release takes every call from the moment it is healthy.
    #[default]
    Immediate,
}

/// The steps of a strategy.
pub(super) fn steps(strategy: Strategy, situation: &Situation<'_>) -> Vec<Step> {
    match strategy {
        Strategy::Immediate => immediate::steps(situation),
    }
}
