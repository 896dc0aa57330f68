//! The inner loop: watch, build, swap, and tell what came of it.

mod circle;
mod conclude;
mod inputs;
mod news;
mod parts;
mod queue;
mod reach;
mod session;
mod snapshot;
mod watch;
mod work;

#[cfg(test)]
pub(crate) use news::Times;
pub(crate) use news::{News, Swap, Unswapped};
pub(crate) use reach::Reach;
pub(crate) use session::{Asked, Pacing, Parts, Setting, run};
pub(crate) use watch::Pace;
pub(crate) use work::Steps;
