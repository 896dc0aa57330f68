//! From what the author wrote to a model, with every mistake collected on the way.

mod attribute;
mod implementation;
mod known;
mod signature;
mod structure;

pub(crate) use attribute::EXPANDED;
pub(crate) use implementation::{Function, Implementation};
pub(crate) use structure::{State, Structure};
