//! The limits every instance runs under, and how many instances there are.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteCount, Span};

/// The most elements that a table may have, whatever is raised: the pool of instances is made for it.
pub(crate) const MAX_TABLE_ELEMENTS: u32 = 100_000;

/// What one component may use.
/// The same limits hold in development and in production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Linear memory of one instance, all its memories together.
    pub memory: ByteCount,
    /// Elements of one table.
    pub tables: u32,
    /// Wall-clock time of one entry into the guest: `init`, a call, a health check, `shutdown`.
    pub deadline: Span,
    /// Fuel of one call; 0 means that fuel is not metered.
    pub fuel: u64,
    /// Calls that may run or wait at the same time; one more is refused at once.
    pub concurrency: u32,
    /// Calls that the guest may make to the host in one entry.
    pub host_calls: u64,
    /// Component-model handles, and resources of the host, that one instance holds: so many of each.
    pub handles: u32,
    /// Bytes of output and log lines that are passed on in one second, of all instances together.
    pub output: ByteCount,
    /// Bytes by which files grow through this component since the host was opened, all instances together.
    pub storage: ByteCount,
    /// Requests and connections that begin in one second, of all instances together.
    pub outbound_requests: u32,
    /// Bytes that are sent and received in one minute, by all instances together.
    pub outbound_bytes: ByteCount,
    /// Names that are looked up in one minute, by all instances together.
    pub name_lookups: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteCount(64 << 20),
            tables: 20_000,
            deadline: Span(Duration::from_secs(30)),
            fuel: 0,
            concurrency: 64,
            host_calls: 10_000_000,
            handles: 4_096,
            output: ByteCount(1 << 20),
            storage: ByteCount(2 << 30),
            outbound_requests: 500,
            outbound_bytes: ByteCount(1 << 30),
            name_lookups: 600,
        }
    }
}

/// `[limits]`; what is absent keeps its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct LimitsSection {
    /// Linear memory of one instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub memory: Option<ByteCount>,
    /// Elements of one table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<u32>,
    /// Wall-clock time of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Span>,
    /// Fuel of one call; 0 switches metering off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Calls that may run or wait at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Calls to the host in one entry into the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<u64>,
    /// Handles, and resources of the host, of one instance: so many of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handles: Option<u32>,
    /// Output and log lines that are passed on in one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub output: Option<ByteCount>,
    /// Growth of files since the host was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub storage: Option<ByteCount>,
    /// Requests and connections that begin in one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound_requests: Option<u32>,
    /// Bytes that are sent and received in one minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub outbound_bytes: Option<ByteCount>,
    /// Names that are looked up in one minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_lookups: Option<u32>,
}

impl LimitsSection {
    /// The limits of a component whose manifest says this.
    pub(crate) fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            memory: self.memory.unwrap_or(default.memory),
            tables: self.tables.unwrap_or(default.tables),
            deadline: self.deadline.unwrap_or(default.deadline),
            fuel: self.fuel.unwrap_or(default.fuel),
            concurrency: self.concurrency.unwrap_or(default.concurrency),
            host_calls: self.host_calls.unwrap_or(default.host_calls),
            handles: self.handles.unwrap_or(default.handles),
            output: self.output.unwrap_or(default.output),
            storage: self.storage.unwrap_or(default.storage),
            outbound_requests: self.outbound_requests.unwrap_or(default.outbound_requests),
            outbound_bytes: self.outbound_bytes.unwrap_or(default.outbound_bytes),
            name_lookups: self.name_lookups.unwrap_or(default.name_lookups),
        }
    }

    /// What of it cannot be: the key, and why.
    pub(crate) fn mistake(&self) -> Option<(&'static str, String)> {
        if self.concurrency == Some(0) {
            return Some(("concurrency", "`limits.concurrency` is at least 1".into()));
        }
        if self.deadline.is_some_and(|deadline| deadline.0.is_zero()) {
            return Some(("deadline", "`limits.deadline` is longer than nothing".into()));
        }
        if self.host_calls == Some(0) {
            return Some(("host-calls", "`limits.host-calls` is at least 1".into()));
        }
        let most = MAX_TABLE_ELEMENTS;
        let reason = || format!("`limits.tables` is at most {most}");
        self.tables
            .filter(|tables| *tables > most)
            .map(|_| ("tables", reason()))
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
