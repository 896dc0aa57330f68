//! The limits by name: how each is written, told and compared.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ByteCount, Limits, LimitsSection, Span};

/// A limit that a manifest can raise, as far as the operator's ceiling lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limit {
    /// Linear memory of one instance.
    Memory,
    /// Elements of one table.
    Tables,
    /// Wall-clock time of one entry into the guest.
    Deadline,
    /// Fuel of one entry.
    Fuel,
    /// Calls that run or wait.
    Concurrency,
    /// Calls that the guest makes to the host in one entry.
    HostCalls,
    /// Handles and host resources of one instance.
    Handles,
    /// Output that is passed on in one second.
    Output,
    /// Growth of files.
    Storage,
    /// Requests and connections that begin in one second.
    OutboundRequests,
    /// Bytes that go to and come from the network in one minute.
    OutboundBytes,
    /// Names that are looked up in one minute.
    NameLookups,
}

/// How the amount of a limit is written.
enum Unit {
    Bytes,
    Time,
    Number,
}

impl Limit {
    /// Every limit, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Memory,
        Self::Tables,
        Self::Deadline,
        Self::Fuel,
        Self::Concurrency,
        Self::HostCalls,
        Self::Handles,
        Self::Output,
        Self::Storage,
        Self::OutboundRequests,
        Self::OutboundBytes,
        Self::NameLookups,
    ];

    /// Its key under `[limits]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Tables => "tables",
            Self::Deadline => "deadline",
            Self::Fuel => "fuel",
            Self::Concurrency => "concurrency",
            Self::HostCalls => "host-calls",
            Self::Handles => "handles",
            Self::Output => "output",
            Self::Storage => "storage",
            Self::OutboundRequests => "outbound-requests",
            Self::OutboundBytes => "outbound-bytes",
            Self::NameLookups => "name-lookups",
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Memory | Self::Output | Self::Storage | Self::OutboundBytes => Unit::Bytes,
            Self::Deadline => Unit::Time,
            _ => Unit::Number,
        }
    }

    /// An amount of it as `Component.toml` has it: `"64MiB"`, `"30s"` or `64`.
    pub fn line(self, amount: u64) -> String {
        match self.unit() {
            Unit::Bytes => format!("{} = \"{}\"", self, String::from(ByteCount(amount))),
            Unit::Time => format!("{} = \"{}\"", self, Span(Duration::from_nanos(amount))),
            // What is not metered has no bound, and is written so.
            Unit::Number if self == Self::Fuel && amount == u64::MAX => format!("{self} = 0"),
            Unit::Number => format!("{self} = {amount}"),
        }
    }

    /// An amount of it for people: `64 MiB`, `30s` or `64`.
    pub fn shown(self, amount: u64) -> String {
        match self.unit() {
            Unit::Bytes => ByteCount(amount).to_string(),
            Unit::Time => Span(Duration::from_nanos(amount)).to_string(),
            Unit::Number if self == Self::Fuel && amount == u64::MAX => "not metered".into(),
            Unit::Number => amount.to_string(),
        }
    }

    /// What a guest did that went beyond it.
    pub(crate) fn excess(self, limit: u64) -> String {
        let limit = self.shown(limit);
        match self {
            Self::Tables => format!("the guest needs a table of more elements than its limit of {limit}"),
            Self::HostCalls => format!("the guest called the host more often than its limit of {limit} in one entry"),
            Self::Handles => format!("the guest holds more handles than its limit of {limit}"),
            Self::Output => format!("the guest writes more than its limit of {limit} in a second"),
            Self::Storage => format!("the component's files grow by more than its limit of {limit}"),
            Self::OutboundRequests => {
                format!("the component begins more requests and connections than its limit of {limit} in a second")
            }
            Self::OutboundBytes => {
                format!("the component sends and receives more than its limit of {limit} in a minute")
            }
            Self::NameLookups => format!("the component looks up more names than its limit of {limit} in a minute"),
            _ => format!("the guest needs more {self} than its limit of {limit}"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Limits {
    /// The amount of a limit: bytes, nanoseconds or a number; the largest number for fuel that is not metered.
    pub fn amount(&self, limit: Limit) -> u64 {
        match limit {
            Limit::Memory => self.memory.0,
            Limit::Tables => self.tables.into(),
            Limit::Deadline => nanoseconds(self.deadline),
            Limit::Fuel => metered(self.fuel),
            Limit::Concurrency => self.concurrency.into(),
            Limit::HostCalls => self.host_calls,
            Limit::Handles => self.handles.into(),
            Limit::Output => self.output.0,
            Limit::Storage => self.storage.0,
            Limit::OutboundRequests => self.outbound_requests.into(),
            Limit::OutboundBytes => self.outbound_bytes.0,
            Limit::NameLookups => self.name_lookups.into(),
        }
    }
}

impl LimitsSection {
    /// The amount that it says of a limit, as [`Limits::amount`] has it.
    pub fn amount(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::Memory => self.memory.map(|bytes| bytes.0),
            Limit::Tables => self.tables.map(u64::from),
            Limit::Deadline => self.deadline.map(nanoseconds),
            Limit::Fuel => self.fuel.map(metered),
            Limit::Concurrency => self.concurrency.map(u64::from),
            Limit::HostCalls => self.host_calls,
            Limit::Handles => self.handles.map(u64::from),
            Limit::Output => self.output.map(|bytes| bytes.0),
            Limit::Storage => self.storage.map(|bytes| bytes.0),
            Limit::OutboundRequests => self.outbound_requests.map(u64::from),
            Limit::OutboundBytes => self.outbound_bytes.map(|bytes| bytes.0),
            Limit::NameLookups => self.name_lookups.map(u64::from),
        }
    }
}

fn nanoseconds(span: Span) -> u64 {
    u64::try_from(span.0.as_nanos()).unwrap_or(u64::MAX)
}

/// No metering is more than any amount.
fn metered(fuel: u64) -> u64 {
    match fuel {
        0 => u64::MAX,
        fuel => fuel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Manifest;

    #[test]
    fn a_line_of_a_limit_is_read_back_as_that_amount() {
        let default = Limits::default();
        for limit in Limit::ALL {
            let amount = default.amount(limit);
            let text = format!("manifest-version = 1\n[limits]\n{}\n", limit.line(amount));
            let manifest = Manifest::parse(&text).unwrap();
            assert_eq!(manifest.limits.amount(limit), Some(amount), "{text}");
            for other in Limit::ALL.into_iter().filter(|other| *other != limit) {
                assert_eq!(manifest.limits.amount(other), None, "{limit} and {other}");
            }
        }
    }

    #[test]
    fn fuel_that_is_not_metered_is_more_than_any_other() {
        let unmetered = LimitsSection {
            fuel: Some(0),
            ..LimitsSection::default()
        };
        assert_eq!(unmetered.amount(Limit::Fuel), Some(u64::MAX));
        assert_eq!(Limit::Fuel.line(u64::MAX), "fuel = 0");
        assert_eq!(Limit::Fuel.shown(u64::MAX), "not metered");
        assert_eq!(Limit::Fuel.shown(5), "5");
    }
}
