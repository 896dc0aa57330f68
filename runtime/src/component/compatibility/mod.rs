//! What changes for callers and operators when a component moves from one release to another.
//!
//! Pure: two records and two components go in, differences come out.

mod bump;
mod compare;
mod difference;
mod settings;
#[cfg(test)]
mod tests;
mod types;

pub use compare::compare;
pub use difference::{Compatibility, Difference, DifferenceKind, Severity};
