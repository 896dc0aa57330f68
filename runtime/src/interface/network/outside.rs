//! What all instances of a host have in common of the network.

use std::sync::Arc;

use super::{Resolver, Trust};
use crate::capability::Policy;
use crate::error::Error;

/// How the network is reached: clones share it.
/// The default asks this machine for addresses and for authorities.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub(super) resolver: Resolver,
    pub(crate) trust: Arc<Trust>,
}

impl Outside {
    pub(crate) fn new(resolver: Option<Resolver>, policy: &Policy) -> Result<Self, Error> {
        Ok(Self {
            resolver: resolver.unwrap_or_default(),
            trust: Arc::new(Trust::new(&policy.tls)?),
        })
    }
}
