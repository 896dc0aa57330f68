//! The record of what components tried and operators did, which shows when it was tampered with.
//!
//! [`AuditReader`] reads it, beside the host that writes it or without one; [`verify`] says what was done to it.

mod account;
mod checkpoint;
mod day;
mod denials;
mod entry;
mod files;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod hash;
mod key;
mod key_folder;
mod line;
mod log;
mod open;
mod rate;
mod reader;
mod status;
mod trail;
mod verify;
mod writer;

pub(crate) use account::{Account, Ledger};
pub use checkpoint::Checkpoint;
pub use entry::Given;
pub(crate) use entry::shortened;
pub use entry::{AuditEntry, Decision, Recorded, Rule, Subject};
pub use hash::Hash;
pub use key::{PublicKey, key_files};
pub(crate) use key_folder::make_key_folder;
pub use line::MAX_LINE;
pub use reader::{AuditReader, Unreadable};
pub use status::{AuditHead, AuditState, AuditStatus};
#[doc(hidden)]
pub use trail::Tuning;
pub use trail::WhenFull;
pub(crate) use trail::{Opening, Trail};
pub use verify::{Expected, Problem, Verification, verify, verify_files};
