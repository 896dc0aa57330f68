//! `doctor`: what is there, what is missing, and what would put it right.
//!
//! To add a language: write its file and add its line to [`LANGUAGES`].

mod cache;
mod check;
mod engine;
mod examine;
mod folder;
mod git;
mod languages;
mod rust;
mod sdk;
mod state;

pub(crate) use check::{Check, Place, Status};
pub(crate) use examine::{examine, repair};

/// What builds components, one file for each language.
const LANGUAGES: &[check::Look] = &[rust::look, languages::look];

/// What every language needs.
const MACHINE: &[check::Look] = &[git::look, cache::look, sdk::look, state::look, engine::look];
