//! How the components of a host find the network.

use std::io;
use std::net::IpAddr;

use super::HostBuilder;
use crate::interface::Resolver;

impl HostBuilder {
    /// Asks `resolver` for the addresses of names that components reach, instead of this machine.
    /// What it answers is looked at all the same: a name leads only to public addresses, and to those that are granted.
    pub fn resolver<R>(mut self, resolver: impl Fn(String) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.resolver = Some(Resolver::new(resolver));
        self
    }
}
