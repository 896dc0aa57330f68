//! What an instance reaches over the network: names, addresses, and whom to trust.

mod filter;
mod outside;
mod pins;
mod reach;
mod resolver;
mod trust;

pub(crate) use outside::Outside;
pub(crate) use reach::{Network, Unresolved};
pub(crate) use resolver::Resolver;
pub(crate) use trust::Trust;
