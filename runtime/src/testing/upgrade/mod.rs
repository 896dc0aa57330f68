//! Tests of an upgrade: an old release is called, a new one takes its place while callers go on, and it is taken back.

mod drive;
mod judge;
mod load;
mod outcome;
mod releases;

pub use outcome::{Fate, Load, UpgradeOutcome};
pub use releases::Upgrade;
