//! Tests of an upgrade: which releases are meant, where they come from, and what becomes of the cases.

mod named;
mod report;
mod revision;
mod run;

pub(crate) use named::{Found, Looker, split};
pub(crate) use report::{Driven, UpgradeReport, junit};
pub(crate) use run::{Side, run};
