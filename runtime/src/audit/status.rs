//! How the record of a host is doing.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use super::checkpoint::{is_signed, sign};
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
    /// What the key has signed of it for the store; none of what a running host says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl AuditHead {
    /// The same by this key, for where others may write.
    pub(super) fn signed(self, key: &SigningKey) -> Self {
        let key_of_it = PublicKey::of(key);
        let head = Self { key: key_of_it, ..self };
        let signature = Some(sign(key, &head.text()));
        Self { signature, ..head }
    }

    /// Whether its key has signed it; whether that key is to be believed is another question.
    pub fn is_signed(&self) -> bool {
        let signature = self.signature.as_deref();
        signature.is_some_and(|signature| is_signed(&self.key, &self.text(), signature))
    }

    /// What is signed. Each part is in a line of its own, and none can have a line end.
    fn text(&self) -> String {
        format!(
            "airssys-wasm audit head 1\n{}\n{}\n{}\n{}\n{}\n",
            self.origin.escape_debug(),
            self.size,
            self.root,
            self.is_closed,
            self.key
        )
    }
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
