//! What survives: blobs by digest and versioned, checksummed records, in a directory that one process owns.
//!
//! The store knows bytes and keys; what they mean is decided above.

mod blobs;
#[cfg(test)]
mod damage;
mod database;
mod directory;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod faults;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod lock;
mod real;
mod records;
mod seal;

pub(crate) use directory::Store;
pub(crate) use records::{Batch, Table};
