//! Tests of a component: the project's native ones, and cases against the built component.

mod cases;
mod found;
mod junit;
mod native;
mod report;
mod upgrade;

pub(crate) use cases::run;
pub(crate) use found::{FOLDER, Found};
pub(crate) use junit::junit;
pub(crate) use native::{Native, native};
pub(crate) use report::{Ended, Report};
pub(crate) use upgrade::{Driven, Found as FoundRelease, Looker, Side, UpgradeReport, split};
pub(crate) use upgrade::{junit as junit_of_upgrade, run as run_upgrade};
