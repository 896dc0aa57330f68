//! What of deployments is recorded, and in which form.

use chrono::{DateTime, Utc};
use semver::Version;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::actor::Saved;
use crate::component::{ComponentName, Release};
use crate::error::Error;
use crate::store::{Batch, Store, Table};

/// Which release of a component gets the next call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RouteRecord {
    pub(super) version: Version,
    pub(super) deployment: u64,
    pub(super) deployed_at: DateTime<Utc>,
}

/// One deployment: the intent, and the outcome once there is one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DeploymentRecord {
    pub(super) component: ComponentName,
    pub(super) from: Option<Version>,
    /// None when the component is removed.
    pub(super) to: Option<Version>,
    pub(super) strategy: Strategy,
    pub(super) started_at: DateTime<Utc>,
    pub(super) outcome: Option<Outcome>,
}

/// How a deployment ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub(super) enum Outcome {
    Succeeded {
        at: DateTime<Utc>,
    },
    Failed {
        at: DateTime<Utc>,
        code: String,
        reason: String,
    },
    /// The process ended before the outcome was recorded; what served before still serves.
    Interrupted {
        found_at: DateTime<Utc>,
    },
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

/// Adds a state to a batch: the version, a line end, the bytes as they are.
pub(super) fn put_state(batch: Batch, name: &ComponentName, saved: &Saved) -> Batch {
    let mut record = format!("{}\n", saved.version).into_bytes();
    record.extend_from_slice(&saved.bytes);
    batch.put(Table::States, name.as_str(), record)
}

/// The state that was last saved.
pub(super) fn state(store: &Store, name: &ComponentName) -> Result<Option<Saved>, Error> {
    let Some(record) = store.read(Table::States, name.as_str())? else {
        return Ok(None);
    };
    let damaged = || Error::Damaged {
        what: format!("the state of `{name}` names no version"),
    };
    let end = record.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let version = std::str::from_utf8(&record[..end])
        .ok()
        .and_then(|text| text.parse().ok());
    Ok(Some(Saved {
        version: version.ok_or_else(damaged)?,
        bytes: record[end + 1..].to_vec(),
    }))
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
            bytes: b"a\nb\0c".to_vec(),
        };
        store.commit(put_state(Batch::default(), &name, &saved)).unwrap();
        assert_eq!(state(&store, &name).unwrap(), Some(saved));
        assert_eq!(state(&store, &"other".parse().unwrap()).unwrap(), None);
    }

    #[test]
    fn deployment_keys_sort_as_ids_do() {
        assert!(deployment_key(9) < deployment_key(10));
        assert!(deployment_key(10) < deployment_key(u64::MAX));
    }
}
