//! Behaviour of real guests in a real host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod actor;
mod audit;
mod calls;
mod calls_shared;
mod command;
mod compile;
mod compile_child;
mod control;
mod debugging;
mod deployment;
mod drain;
mod elsewhere;
mod gates;
mod http;
mod incremental;
mod limits;
mod limits_raised;
mod limits_reached;
mod limits_shared;
mod lines;
mod load;
mod logs;
mod network;
mod old_state;
mod permission;
mod process;
mod quarantine;
mod refusals;
mod rollback;
mod sandbox;
mod split;
mod store;
mod strategies;
mod testing;
mod typed;
mod typed_limits;
mod unit_file;
mod upgrade;
