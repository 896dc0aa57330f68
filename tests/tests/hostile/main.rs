//! What a host must survive: one harness, which asserts what holds after every case, and the cases as data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod arena;
mod audit;
mod binary;
mod cache;
mod cancel;
mod case;
mod control;
mod deed;
mod directory;
mod execution;
mod files;
#[path = "../../../runtime/examples/hostile_neighbours/guests.rs"]
mod guests;
mod interfaces;
mod latecomers;
mod leaks;
mod metadata;
mod names;
mod neighbours;
mod proposals;
mod quantities;
mod resources;
mod sweeps;
mod traps;
mod turn;
mod types;
mod wasm;
