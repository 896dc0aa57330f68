//! Behaviour of real guests in a real host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod actor;
mod calls;
mod command;
mod compile;
mod compile_child;
mod debugging;
mod deployment;
mod limits;
mod lines;
mod load;
mod old_state;
mod refusals;
mod sandbox;
mod store;
mod testing;
mod typed;
mod typed_limits;
