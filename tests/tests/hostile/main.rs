//! What a host must survive: one harness, which asserts what holds after every case, and the cases as data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod arena;
mod audit;
mod binary;
mod case;
mod execution;
mod files;
mod interfaces;
mod metadata;
mod proposals;
mod quantities;
mod sweeps;
mod types;
mod wasm;
