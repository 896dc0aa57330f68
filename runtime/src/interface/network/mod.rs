//! What an instance reaches over the network: names, addresses, and whom to trust.

mod filter;
#[cfg(test)]
pub(crate) mod fixture;
mod outside;
mod pins;
mod reach;
mod resolver;
mod trust;
mod under_way;

pub(crate) use outside::Outside;
pub(crate) use reach::{Network, Unresolved};
pub(crate) use resolver::Resolver;
pub(crate) use trust::Trust;
pub(crate) use under_way::{UnderWay, Work};
