//! `dev` as its user has it: in a terminal, with files that are saved while calls go on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod callers;
mod lines;
mod mishaps;
mod project;
mod running;
mod session;
mod watching;
mod web;
mod workspaces;
