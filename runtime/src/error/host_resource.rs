//! What a host has for all its components together.

use serde::{Deserialize, Serialize};

use crate::component::ByteCount;

/// What a host has for all its components together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HostResource {
    /// Linear memory of all instances.
    Memory,
    /// Instances.
    Instances,
    /// Calls that run or wait.
    Calls,
}

impl HostResource {
    pub(super) fn more(self) -> &'static str {
        match self {
            Self::Memory => "more memory",
            Self::Instances => "another instance",
            Self::Calls => "another call",
        }
    }

    pub(super) fn shown(self, amount: u64) -> String {
        match self {
            Self::Memory => ByteCount(amount).to_string(),
            Self::Instances => format!("{amount} instances"),
            Self::Calls => format!("{amount} calls"),
        }
    }
}
