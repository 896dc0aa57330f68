//! Behaviour of real guests in a real host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod actor;
mod calls;
mod command;
mod debugging;
mod deployment;
mod limits;
mod refusals;
mod sandbox;
mod store;
