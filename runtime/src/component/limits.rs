//! The limits every instance runs under, and how many instances there are.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ByteCount, Span};

/// What one component may use.
/// The same limits hold in development and in production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// Linear memory of one instance, all its memories together.
    pub memory: ByteCount,
    /// Wall-clock time of one entry into the guest: `init`, a call, a health check, `shutdown`.
    pub deadline: Span,
    /// Fuel of one call; 0 means that fuel is not metered.
    pub fuel: u64,
    /// Calls that may run or wait at the same time; one more is refused at once.
    pub concurrency: u32,
}

impl Default for Limits {
    /// 64 MiB, 30 s, no fuel metering, 64 calls.
    fn default() -> Self {
        Self {
            memory: ByteCount(64 << 20),
            deadline: Span(Duration::from_secs(30)),
            fuel: 0,
            concurrency: 64,
        }
    }
}

/// How a release is instantiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "mode")]
#[non_exhaustive]
pub enum InstanceMode {
    /// One instance that takes its calls in order and keeps its state.
    /// The default of components that export `airssys:component/state`.
    Actor,
    /// Up to `max` instances, each reused for one call after the other, also between callers.
    /// The default of components that export `airssys:component/guest` or functions of their own.
    Pool {
        /// The largest number of instances.
        max: u32,
    },
    /// A new instance for each call, discarded afterwards.
    /// The only mode of `wasi:cli` commands, and the default of web APIs.
    Fresh,
}

impl InstanceMode {
    /// The largest number of instances that run at the same time; none when only the concurrency limit counts.
    pub fn max_instances(&self) -> Option<u32> {
        match self {
            Self::Actor => Some(1),
            Self::Pool { max } => Some(*max),
            Self::Fresh => None,
        }
    }
}

/// The size of a pool whose manifest names none.
pub(crate) const DEFAULT_POOL: u32 = 8;
