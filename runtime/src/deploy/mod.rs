//! Deployments: how a release comes into service, and how calls find it.

mod candidate;
mod drain;
mod end;
mod execute;
mod journal;
mod packaging;
mod plan;
mod record;
mod recover;
mod remove;
mod route;
mod serving;
mod situation;
mod start;
mod step;
mod strategy;
mod timing;
mod turn;

pub(crate) use drain::Drains;
pub(crate) use execute::Deploy;
pub use execute::Deployment;
pub use packaging::Versioning;
pub(crate) use recover::recover;
pub(crate) use start::{Starter, blocking};
pub use strategy::Strategy;
pub use timing::StepTiming;
