//! What components use of their limits, and of what the host has for all of them.

mod account;
mod budget;
mod meter;
mod open_files;
mod rate;
mod starts;

pub(crate) use account::Account;
pub use account::LimitUsage;
pub(crate) use budget::{Budget, Shortage};
pub use budget::{HostUsage, Total};
pub(crate) use meter::Meter;
pub(crate) use open_files::{FileId, Length, OpenFile};
pub use starts::Quarantine;
pub(crate) use starts::{Outcome, Starting, Starts};
