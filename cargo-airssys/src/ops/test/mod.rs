//! Tests of a component: the project's native ones, and cases against the built component.

mod cases;
mod found;
mod junit;
mod native;
mod report;

pub(crate) use cases::run;
pub(crate) use found::{FOLDER, Found};
pub(crate) use junit::junit;
pub(crate) use native::{Native, native};
pub(crate) use report::{Ended, Report};
