//! Components that other toolchains make, in a real host: Python, JavaScript and C.
//!
//! Their sources are in `tests/foreign`, one folder for each language, and export the same two worlds.
//! The tools come from the languages' own registries into the user's cache, once, as every project has them.
//! A language whose tools cannot be had here is not tested, which is written to standard error past the test runner.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::print_stdout,
    reason = "what was measured, for whoever runs the tests with --nocapture"
)]

mod artifact;
mod cache;
mod contract;
mod documented;
mod language;
mod own_types;
mod program;
mod swap;

pub(crate) use artifact::artifact;
pub(crate) use language::Language;
