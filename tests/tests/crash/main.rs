//! A process may be killed whenever it is: nothing that was acknowledged is lost, and nothing is half done.
//!
//! A process of its own does the work and is killed with SIGKILL; a host in the test then opens what it left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod chance;
mod opened;
mod points;
mod prepared;
