//! What the tests of this workspace share: real guests, and hosts to run them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate"
)]

mod guest;
mod host;
mod program;

pub use guest::{guest, guest_path};
pub use host::{TestHost, code, name};
pub use program::{program, target, workspace};
