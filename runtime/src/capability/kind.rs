//! What kinds of access there are.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of access, named as under `[capabilities]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Cow<'_, str>")]
#[non_exhaustive]
pub enum Capability {
    /// Reading files and directories.
    FileRead,
    /// Changing files and directories.
    FileWrite,
    /// Connecting and sending to an address, and looking up its name.
    NetworkOutbound,
    /// Listening on an address.
    NetworkInbound,
    /// Running a command that the operator has defined.
    SystemCall,
    /// Key-value buckets.
    Storage,
    /// Sending messages to components and topics.
    Messaging,
    /// One that the operator has defined, by its name.
    Custom(String),
}

/// No capability has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no capability; one that an operator has defined is named `owner:name`")]
pub struct UnknownCapability(String);

impl Capability {
    /// Those that have names of their own, in the order of the manifest's keys.
    pub const NAMED: [Self; 7] = [
        Self::FileRead,
        Self::FileWrite,
        Self::NetworkOutbound,
        Self::NetworkInbound,
        Self::SystemCall,
        Self::Storage,
        Self::Messaging,
    ];

    /// Its name: the key under `[capabilities]`.
    pub fn key(&self) -> &str {
        match self {
            Self::FileRead => "file-read",
            Self::FileWrite => "file-write",
            Self::NetworkOutbound => "network-outbound",
            Self::NetworkInbound => "network-inbound",
            Self::SystemCall => "system-call",
            Self::Storage => "storage",
            Self::Messaging => "messaging",
            Self::Custom(name) => name,
        }
    }

    /// How many rows a table has with one for each kind; all custom ones share the last.
    pub(super) const ROWS: usize = Self::NAMED.len() + 1;

    /// Its place in such a table.
    pub(super) fn row(&self) -> usize {
        match self {
            Self::FileRead => 0,
            Self::FileWrite => 1,
            Self::NetworkOutbound => 2,
            Self::NetworkInbound => 3,
            Self::SystemCall => 4,
            Self::Storage => 5,
            Self::Messaging => 6,
            Self::Custom(_) => Self::NAMED.len(),
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, UnknownCapability> {
        if let Some(named) = Self::NAMED.into_iter().find(|named| named.key() == text) {
            return Ok(named);
        }
        let is_part = |part: &str| {
            (1..=64).contains(&part.len())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once(':') {
            Some((owner, name)) if is_part(owner) && is_part(name) => Ok(Self::Custom(text.to_owned())),
            _ => Err(UnknownCapability(
                text.chars().take(80).collect::<String>().escape_debug().to_string(),
            )),
        }
    }
}

impl TryFrom<Cow<'_, str>> for Capability {
    type Error = UnknownCapability;

    fn try_from(text: Cow<'_, str>) -> Result<Self, UnknownCapability> {
        text.parse()
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> Self {
        capability.key().to_owned()
    }
}
