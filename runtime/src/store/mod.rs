//! What survives: blobs by digest and versioned, checksummed records, in a directory that one process owns.
//!
//! The store knows bytes and keys; what they mean is decided above.

mod blobs;
mod directory;
mod lock;
mod records;

pub(crate) use directory::Store;
pub(crate) use records::{Batch, Table};
