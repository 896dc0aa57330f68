//! How the record of a host is doing.

use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::key::PublicKey;

/// How long a log is, and the hash of its last entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditHead {
    /// Which log it is.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The hash of the last of them.
    pub root: Hash,
    /// The key that its checkpoints are signed with.
    pub key: PublicKey,
    /// Whether the host has ended in order since: then no entry comes after these until one is opened again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
}

/// Whether a host records what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuditState {
    /// Nothing is kept, because the state directory goes away with the host.
    #[default]
    Off,
    /// It does.
    Recording,
    /// It cannot, and counts what is lost.
    Counting,
    /// It cannot, and denies and refuses what it would have to record.
    Stopped,
}

impl AuditState {
    /// Its name, for example `recording`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Recording => "recording",
            Self::Counting => "counting",
            Self::Stopped => "stopped",
        }
    }
}

/// How the record of a host is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditStatus {
    /// Whether it records what happens.
    pub state: AuditState,
    /// What is written; none before anything was.
    pub head: Option<AuditHead>,
    /// Entries that were lost since the host was opened.
    pub lost: u64,
    /// Why it cannot record at present.
    pub reason: Option<String>,
}
