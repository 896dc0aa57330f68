//! Watching a release while it takes calls, and judging what it does.

mod judge;
mod watch;

pub(crate) use watch::{Before, Watched, watch};
