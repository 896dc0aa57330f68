//! What an author has in each language: a project from a template, its tests, deployments, calls, and swaps under load.
//!
//! The tools come from the languages' own registries into the user's cache, once, as they do for an author.
//! A language whose tools cannot be had here is not tested, which is written to standard error past the test runner.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::print_stdout,
    reason = "what was measured, for whoever runs the tests with --nocapture"
)]

mod author;
#[path = "../dev/callers.rs"]
mod callers;
mod chain;
mod kinds;
mod mistakes;
mod project;
mod session;
mod state;
mod template;
mod watched;
