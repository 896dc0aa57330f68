//! What of deployments is recorded, and in which form.

use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::options::Origin;
use crate::actor::Saved;
use crate::component::{ComponentName, Release, Strategy};
use crate::error::Error;
use crate::store::{Batch, Store, Table};

/// One deployment, as the history has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploymentRecord {
    /// Identifies the deployment in its state directory; later ones have higher numbers.
    #[serde(default)]
    pub id: u64,
    /// The component.
    pub component: ComponentName,
    /// What was done.
    #[serde(default)]
    pub action: Action,
    /// The version that took most of the calls before; none at the first deployment.
    pub from: Option<Version>,
    /// The version that was to take most of them; none when the component is removed.
    pub to: Option<Version>,
    /// How it was planned.
    pub strategy: Strategy,
    /// Which releases were to share the calls, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<(Version, u32)>,
    /// The number of instances that a pool was allowed, when that was the matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Who asked for it, and what for.
    #[serde(default, flatten)]
    pub origin: Origin,
    /// How it ended; none while it is under way.
    pub outcome: Option<Outcome>,
    /// How many calls were lost with their effects, because an actor went back to an earlier state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_lost: Option<u64>,
    /// How many calls of the replaced release were cancelled, because they did not end before the drain deadline.
    #[serde(default)]
    pub calls_cancelled: u32,
}

/// What a deployment does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// A package comes into service.
    #[default]
    Deploy,
    /// A release that is there already comes into service.
    Update,
    /// An earlier release comes back into service.
    Rollback,
    /// Several releases share the calls.
    Split,
    /// A pool gets another size.
    Scale,
    /// The component is withdrawn.
    Remove,
}

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
#[non_exhaustive]
pub enum Outcome {
    /// It did what it was to do.
    Succeeded {
        /// When.
        at: DateTime<Utc>,
    },
    /// The new release did not come into service; what served before still serves.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// The code of the error.
        code: String,
        /// What went wrong.
        reason: String,
    },
    /// The new release took calls, and was taken back; what served before serves again.
    RolledBack {
        /// When.
        at: DateTime<Utc>,
        /// The code of the error.
        code: String,
        /// Which gate failed with which figures, or what else went wrong.
        reason: String,
    },
    /// The process ended before the outcome was recorded; what served before still serves.
    Interrupted {
        /// When that was found.
        found_at: DateTime<Utc>,
    },
}

impl Outcome {
    /// Its name, for example `rolled-back`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::RolledBack { .. } => "rolled-back",
            Self::Interrupted { .. } => "interrupted",
        }
    }
}

impl Action {
    /// Its name, for example `rollback`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Update => "update",
            Self::Rollback => "rollback",
            Self::Split => "split",
            Self::Scale => "scale",
            Self::Remove => "remove",
        }
    }
}

/// The key of a release.
pub(super) fn release_key(name: &ComponentName, version: &Version) -> String {
    format!("{name}@{version}")
}

/// The key of a deployment: its id with leading zeros, so that keys sort as ids do.
pub(super) fn deployment_key(id: u64) -> String {
    format!("{id:020}")
}

/// A record as JSON.
pub(super) fn encode(record: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(record).map_err(|error| Error::store("encoding a record", error))
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Damaged {
        what: format!("{what} cannot be read: {error}"),
    })
}

/// The recorded release of this name and version.
pub(super) fn release(store: &Store, name: &ComponentName, version: &Version) -> Result<Option<Release>, Error> {
    let key = release_key(name, version);
    let bytes = store.read(Table::Releases, &key)?;
    bytes.map(|bytes| decode(&key, &bytes)).transpose()
}

/// All recorded releases of a component, by version.
pub(super) fn releases(store: &Store, name: &ComponentName) -> Result<Vec<Release>, Error> {
    let mut releases = Vec::new();
    for (key, bytes) in store.list_from(Table::Releases, &format!("{name}@"))? {
        releases.push(decode::<Release>(&key, &bytes)?);
    }
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(releases)
}

/// Every deployment of a component, the oldest first; of all components without a name.
pub(super) fn deployments(store: &Store, name: Option<&ComponentName>) -> Result<Vec<DeploymentRecord>, Error> {
    let mut found = Vec::new();
    for (key, bytes) in store.list(Table::Deployments)? {
        let mut record: DeploymentRecord = decode(&format!("deployment {key}"), &bytes)?;
        if name.is_none_or(|name| *name == record.component) {
            record.id = key.parse().unwrap_or_default();
            found.push(record);
        }
    }
    Ok(found)
}

/// The deployments of a component that last brought each of these versions into service.
/// It reads the history from its end, and no further than it has to.
pub(super) fn last_service(
    store: &Store,
    name: &ComponentName,
    versions: &[&Version],
) -> Result<HashMap<Version, u64>, Error> {
    let mut found = HashMap::new();
    store.scan_back(Table::Deployments, |key, bytes| {
        let record: DeploymentRecord = decode(&format!("deployment {key}"), bytes)?;
        if record.component == *name && matches!(record.outcome, Some(Outcome::Succeeded { .. })) {
            let id = key.parse().unwrap_or_default();
            let brought = record
                .to
                .iter()
                .chain(record.weights.iter().map(|(version, _)| version));
            for version in brought.filter(|version| versions.contains(version)) {
                found.entry(version.clone()).or_insert(id);
            }
        }
        let is_enough = found.len() == versions.len();
        Ok(if is_enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(found)
}

/// Adds the state of a component to a batch: what its next instance starts with.
pub(super) fn put_state(batch: Batch, name: &ComponentName, saved: &Saved) -> Batch {
    batch.put(Table::States, name.as_str(), encode_state(saved))
}

/// Adds the state with which a release was left, for a way back to it.
pub(super) fn put_snapshot(batch: Batch, name: &ComponentName, saved: &Saved) -> Batch {
    batch.put(Table::States, release_key(name, &saved.version), encode_state(saved))
}

/// Removes the state of a component, and those with which its releases were left.
pub(super) fn delete_states(batch: Batch, store: &Store, name: &ComponentName) -> Result<Batch, Error> {
    let mut batch = batch.delete(Table::States, name.as_str());
    for (key, _) in store.list_from(Table::States, &format!("{name}@"))? {
        batch = batch.delete(Table::States, key);
    }
    Ok(batch)
}

/// The state that was last saved.
pub(super) fn state(store: &Store, name: &ComponentName) -> Result<Option<Saved>, Error> {
    read_state(store, name.as_str())
}

/// The state with which a release was left.
pub(super) fn snapshot(store: &Store, name: &ComponentName, version: &Version) -> Result<Option<Saved>, Error> {
    read_state(store, &release_key(name, version))
}

/// A state as it is kept: the version, the number of calls, a line end, the bytes as they are.
pub(super) fn encode_state(saved: &Saved) -> Vec<u8> {
    let mut record = format!("{} {}\n", saved.version, saved.calls).into_bytes();
    record.extend_from_slice(&saved.bytes);
    record
}

fn read_state(store: &Store, key: &str) -> Result<Option<Saved>, Error> {
    let record = store.read(Table::States, key)?;
    record.map(|record| decode_state(key, &record)).transpose()
}

pub(super) fn decode_state(key: &str, record: &[u8]) -> Result<Saved, Error> {
    let damaged = || Error::Damaged {
        what: format!("the state `{}` names no version", key.escape_debug()),
    };
    let end = record.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let line = std::str::from_utf8(&record[..end]).map_err(|_| damaged())?;
    // Records of the first schema have no number.
    let (version, calls) = line.split_once(' ').unwrap_or((line, "0"));
    Ok(Saved {
        version: version.parse().map_err(|_| damaged())?,
        calls: calls.parse().map_err(|_| damaged())?,
        bytes: record[end + 1..].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let store = Store::temporary().unwrap();
        let name: ComponentName = "counter".parse().unwrap();
        let saved = Saved {
            version: "1.0.0+dev.2".parse().unwrap(),
            calls: 7,
            bytes: b"a\nb\0c".to_vec(),
        };
        store.commit(put_state(Batch::default(), &name, &saved)).unwrap();
        assert_eq!(state(&store, &name).unwrap(), Some(saved.clone()));
        assert_eq!(state(&store, &"other".parse().unwrap()).unwrap(), None);
        assert_eq!(snapshot(&store, &name, &saved.version).unwrap(), None);
        store.commit(put_snapshot(Batch::default(), &name, &saved)).unwrap();
        assert_eq!(snapshot(&store, &name, &saved.version).unwrap(), Some(saved));
    }

    #[test]
    fn records_of_the_first_schema_are_read() {
        let store = Store::temporary().unwrap();
        let name: ComponentName = "counter".parse().unwrap();
        let batch = Batch::default()
            .put(Table::States, "counter", b"1.0.0\nbytes".to_vec())
            .put(
                Table::Deployments,
                deployment_key(3),
                br#"{"component":"counter","from":null,"to":"1.0.0","strategy":"immediate",
                    "started_at":"2026-11-01T00:00:00Z","outcome":{"outcome":"succeeded","at":"2026-11-01T00:00:01Z"}}"#
                    .to_vec(),
            );
        store.commit(batch).unwrap();
        let saved = state(&store, &name).unwrap().unwrap();
        assert_eq!((saved.calls, &*saved.bytes), (0, &b"bytes"[..]));
        let records = deployments(&store, Some(&name)).unwrap();
        assert_eq!((records[0].id, records[0].action), (3, Action::Deploy));
        assert_eq!(records[0].strategy, Strategy::Immediate);
        assert!(deployments(&store, Some(&"other".parse().unwrap())).unwrap().is_empty());
        let versions = [Version::new(1, 0, 0), Version::new(2, 0, 0)];
        let found = last_service(&store, &name, &versions.each_ref()).unwrap();
        assert_eq!((found.len(), found.get(&versions[0])), (1, Some(&3)));
    }

    #[test]
    fn deployment_keys_sort_as_ids_do() {
        assert!(deployment_key(9) < deployment_key(10));
        assert!(deployment_key(10) < deployment_key(u64::MAX));
    }
}
