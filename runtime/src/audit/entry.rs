//! What an entry of the log says.

use std::borrow::Cow;
use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::key::PublicKey;
use crate::capability::{Capability, Refusal, Source};
use crate::component::{ComponentName, Digest, Release};
use crate::event::Event;
use crate::printable::printable_line;

/// The longest text of somebody else's in an entry, in bytes.
const LONGEST: usize = 1_000;

/// How many hosts, and how many origins, an entry names, and the longest of them in bytes; all of them are in one line.
const MOST_NAMED: usize = 8;
const LONGEST_NAMED: usize = 256;

/// An entry of an audit log: an object of JSON in a line of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Its number: 1 for the first, and one more for each that follows.
    #[serde(rename = "seq")]
    pub sequence: u64,
    /// When it happened, by the clock of this machine.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub recorded: Recorded,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Recorded {
    /// The log begins.
    LogBegun {
        /// A random number, which tells this log from all others.
        origin: String,
        /// The key that its checkpoints are signed with.
        key: PublicKey,
    },
    /// A host has opened the state directory.
    HostStarted {
        /// The version of this crate.
        host: Cow<'static, str>,
        /// The process.
        process: u32,
    },
    /// The host takes requests from whoever reaches an address.
    Listening {
        /// The address.
        address: SocketAddr,
        /// Whether other machines may reach it.
        remote: bool,
        /// The hosts that requests may name beside those of this machine.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<String>,
        /// The origins whose web pages may call components.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        origins: Vec<String>,
        /// How many hosts and origins there are beyond those that are named.
        #[serde(default, skip_serializing_if = "is_zero")]
        unnamed: usize,
        /// How many calls of all components together may run or wait.
        max_calls: u64,
    },
    /// The host was shut down.
    HostStopped,
    /// A policy came into force.
    PolicyLoaded {
        /// Its file; none for one that the host was given.
        file: Option<String>,
        /// The SHA-256 of its text.
        digest: Digest,
    },
    /// A deployment, update, rollback or split begins.
    DeploymentStarted {
        /// The number of the deployment.
        deployment: u64,
        /// What is done.
        action: Cow<'static, str>,
        /// The release that is to take most of the calls.
        #[serde(flatten)]
        subject: Subject,
        /// The version that took them before.
        from: Option<Version>,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// A deployment has ended.
    DeploymentEnded {
        /// The number of the deployment.
        deployment: u64,
        /// The component.
        component: ComponentName,
        /// The version that was to take most of the calls; none when it is not known any more.
        version: Option<Version>,
        /// How it ended, as in the history.
        outcome: Cow<'static, str>,
        /// The code of the error.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What went wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The pools of a component are to get another size.
    Scale {
        /// The component.
        component: ComponentName,
        /// The most instances.
        max: u32,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// A component that may be quarantined is to be started again.
    Resume {
        /// The component.
        component: ComponentName,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// A component is to be withdrawn.
    Remove {
        /// The component.
        component: ComponentName,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// Something is granted to a component.
    Grant {
        /// The component.
        component: ComponentName,
        /// The capability.
        capability: Capability,
        /// The pattern, in full.
        pattern: String,
        /// By whom.
        source: Source,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// Something is revoked.
    Revoke {
        /// The component.
        component: ComponentName,
        /// The capability.
        capability: Capability,
        /// The pattern, in full.
        pattern: String,
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// The key of the log is to be replaced.
    RotateKey {
        /// Who asked for it.
        #[serde(flatten)]
        operator: Given,
    },
    /// An operation was refused, or failed before anything was changed.
    OperationFailed {
        /// The operation.
        operation: Cow<'static, str>,
        /// The component, when its name is known.
        component: Option<ComponentName>,
        /// The code of the error.
        code: Cow<'static, str>,
        /// What went wrong.
        reason: String,
    },
    /// A component wanted something, and got it for the first time by this rule, or did not get it.
    Access {
        /// The release.
        #[serde(flatten)]
        subject: Subject,
        /// The instance: a number of this host's.
        instance: u64,
        /// What kind of access.
        capability: Capability,
        /// What it wanted, as it is written under `[capabilities]`.
        pattern: String,
        /// What was decided.
        decision: Decision,
        /// What decided.
        #[serde(flatten)]
        rule: Rule,
    },
    /// How many accesses were decided since the last such entry, beyond those that have one of their own.
    AccessCount {
        /// The release.
        #[serde(flatten)]
        subject: Subject,
        /// The instance; none when it is about several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<u64>,
        /// What kind of access.
        capability: Capability,
        /// What was decided.
        decision: Decision,
        /// What decided.
        #[serde(flatten)]
        rule: Rule,
        /// How many.
        count: u64,
        /// Some of what was wanted and denied, drawn by lot.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        examples: Vec<String>,
    },
    /// An instance was discarded after a trap, a timeout or a cancellation.
    InstanceDiscarded {
        /// The release.
        #[serde(flatten)]
        subject: Subject,
        /// The instance.
        instance: u64,
        /// The code of the error.
        code: Cow<'static, str>,
    },
    /// How many instances were discarded since the last such entry, beyond those that have an entry of their own.
    DiscardCount {
        /// The release.
        #[serde(flatten)]
        subject: Subject,
        /// The code of the error.
        code: Cow<'static, str>,
        /// How many.
        count: u64,
    },
    /// An entry of the cache of compiled code was not what this host wrote.
    CacheRejected {
        /// The component's bytes.
        digest: Digest,
        /// What was odd.
        reason: String,
    },
    /// What was granted to a component at run time was not recorded by this user, and counts for nothing.
    GrantsRejected {
        /// The component.
        component: ComponentName,
    },
    /// Entries that could not be written.
    Lost {
        /// How many.
        entries: u64,
    },
    /// The end of the log was no whole line, because a process ended while it wrote.
    TailCut {
        /// How many bytes were removed.
        bytes: u64,
    },
    /// The log was not what the state directory knows of it when a host opened it.
    Broken {
        /// How many entries there were to be.
        recorded_size: u64,
        /// The hash of the last of them.
        recorded_root: Hash,
        /// How many were found.
        found_size: u64,
    },
    /// The oldest files of the log are removed, because the policy says how many are kept.
    FilesRemoved {
        /// The last entry that is removed.
        through: u64,
        /// Its hash.
        root: Hash,
        /// How many files.
        files: u64,
    },
    /// What was signed of the log; the entry is of the moment that is signed.
    Checkpoint {
        /// Which log it is.
        origin: String,
        /// How many entries came before.
        size: u64,
        /// The hash of the last of them.
        root: Hash,
        /// The key.
        key: PublicKey,
        /// The signature.
        signature: String,
    },
    /// From here on another key signs.
    KeyRotated {
        /// The new key.
        key: PublicKey,
        /// What the old key has signed: the origin, the size, the last hash and the new key.
        signature: String,
    },
    /// The key was not there any more, or another one was; from here on this one signs.
    KeyReplaced {
        /// The new key.
        key: PublicKey,
    },
    /// What a newer version has written.
    #[serde(other)]
    Other,
}

/// A release, as entries name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// The component.
    pub component: ComponentName,
    /// The version.
    pub version: Version,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// Who asked for something, and what for, as they say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Given {
    /// The operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was decided about an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decision {
    /// It took place.
    Allow,
    /// It did not.
    Deny,
}

/// What decided about an access.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rule {
    /// The pattern of the grant or revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Why an access is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl Subject {
    pub(crate) fn of(release: &Release) -> Self {
        Self {
            component: release.name.clone(),
            version: release.version.clone(),
            digest: release.digest,
        }
    }
}

impl Recorded {
    /// That a host begins to take requests.
    pub(crate) fn listening(address: SocketAddr, remote: bool, lists: [&[String]; 2], max_calls: u64) -> Self {
        let named = |list: &[String]| {
            let first = list.iter().take(MOST_NAMED);
            first.map(|text| shortened_to(text, LONGEST_NAMED)).collect()
        };
        let [hosts, origins] = lists.map(named);
        Self::Listening {
            address,
            remote,
            hosts,
            origins,
            unnamed: lists.map(|list| list.len().saturating_sub(MOST_NAMED)).iter().sum(),
            max_calls,
        }
    }

    /// What of an event is to be recorded.
    ///
    /// What is recorded where it happens, with more than the event says, is not told here.
    pub(super) fn of_event(event: &Event) -> Option<Self> {
        Some(match event {
            Event::CacheEntryRefused { digest, reason } => Self::CacheRejected {
                digest: *digest,
                reason: shortened(reason),
            },
            Event::GrantsRefused { component } => Self::GrantsRejected {
                component: component.clone(),
            },
            Event::Granted {
                component,
                capability,
                pattern,
                ..
            } => Self::Grant {
                component: component.clone(),
                capability: capability.clone(),
                pattern: shortened(pattern),
                source: Source::Project,
                operator: Given::default(),
            },
            Event::DeploymentRecovered {
                component,
                deployment,
                to,
                ..
            } => Self::DeploymentEnded {
                deployment: *deployment,
                component: component.clone(),
                version: to.clone(),
                outcome: "interrupted".into(),
                code: None,
                reason: None,
            },
            _ => return None,
        })
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A text of somebody else's as it is recorded: in one line, printable, and not too long.
pub(crate) fn shortened(text: &str) -> String {
    shortened_to(text, LONGEST)
}

/// The same to so many bytes.
pub(super) fn shortened_to(text: &str, longest: usize) -> String {
    let mut short = printable_line(&text.chars().take(longest).collect::<String>());
    if short.len() > longest || text.chars().nth(longest).is_some() {
        short.truncate(short.floor_char_boundary(longest));
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_shows_it() {
        assert_eq!(shortened("a\nb"), "a\\nb");
        assert_eq!(shortened(&"x".repeat(1_000)), "x".repeat(1_000));
        assert_eq!(shortened(&"x".repeat(1_001)), format!("{}…", "x".repeat(1_000)));
        let wide = shortened(&"é".repeat(1_000));
        assert_eq!(wide, format!("{}…", "é".repeat(500)));
        assert!(shortened(&"\u{1b}".repeat(5_000)).len() < 1_010);
    }

    #[test]
    fn what_a_newer_version_writes_is_read_as_such() {
        let entry = r#"{"seq":3,"at":"2026-01-01T00:00:00Z","kind":"moon-full","phase":1}"#;
        let entry: AuditEntry = serde_json::from_str(entry).unwrap();
        assert_eq!((entry.sequence, entry.recorded), (3, Recorded::Other));
    }
}
