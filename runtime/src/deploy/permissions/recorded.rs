//! What an operator granted and revoked while a host ran, as it is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::capability::{Capability, Grant};
use crate::component::ComponentName;
use crate::deploy::options::Origin;
use crate::deploy::record;
use crate::engine::Seal;
use crate::error::Error;
use crate::store::{Batch, Store, Table};

/// What is recorded of one component.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::deploy) struct Recorded {
    #[serde(default)]
    pub(in crate::deploy) granted: Vec<Given>,
    /// What is denied whatever else grants it.
    #[serde(default)]
    pub(in crate::deploy) revoked: Vec<Given>,
}

/// A grant that was given, or taken away.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub(in crate::deploy) struct Given {
    pub(in crate::deploy) grant: Grant,
    /// Where guest directories are on this machine.
    pub(in crate::deploy) mounts: BTreeMap<String, PathBuf>,
    /// Whether it was said that a broad pattern is meant.
    pub(in crate::deploy) broad: bool,
    pub(in crate::deploy) at: DateTime<Utc>,
    pub(in crate::deploy) origin: Origin,
}

/// [`Given`] as it is kept.
#[derive(Serialize, Deserialize)]
struct Form {
    capability: Capability,
    pattern: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    mounts: BTreeMap<String, PathBuf>,
    #[serde(default)]
    broad: bool,
    at: DateTime<Utc>,
    #[serde(default)]
    origin: Origin,
}

/// What is recorded, with the mark of who has recorded it.
#[derive(Serialize, Deserialize)]
struct Marked {
    #[serde(flatten)]
    recorded: Recorded,
    #[serde(default)]
    mark: String,
}

impl Recorded {
    /// What is kept of a component, and whether something was granted in it by somebody else: that counts for nothing,
    /// because a state directory may have come along with a project.
    pub(super) fn read(store: &Store, seal: Option<&Seal>, name: &ComponentName) -> Result<(Self, bool), Error> {
        let Some(bytes) = store.read(Table::Permissions, name.as_str())? else {
            return Ok((Self::default(), false));
        };
        let marked: Marked = record::decode(&format!("the permissions of `{name}`"), &bytes)?;
        let Marked { mut recorded, mark } = marked;
        let plain = record::encode(&recorded)?;
        let is_own = seal.is_some_and(|seal| seal.is_mark(&mark, name.as_str(), &plain));
        let is_refused = !is_own && !recorded.granted.is_empty();
        if is_refused {
            recorded.granted.clear();
        }
        Ok((recorded, is_refused))
    }

    /// Has it kept; nothing is granted without a mark.
    pub(super) fn put(self, batch: Batch, seal: Option<&Seal>, name: &ComponentName) -> Result<Batch, Error> {
        if self.is_empty() {
            return Ok(batch.delete(Table::Permissions, name.as_str()));
        }
        let mark = match seal {
            Some(seal) => seal.mark(name.as_str(), &record::encode(&self)?),
            None if self.granted.is_empty() => String::new(),
            None => {
                let reason = "the key that marks grants cannot be read or made; the warning that the cache cannot be used says why";
                return Err(Error::store("recording a grant", reason));
            }
        };
        let marked = Marked { recorded: self, mark };
        Ok(batch.put(Table::Permissions, name.as_str(), record::encode(&marked)?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.granted.is_empty() && self.revoked.is_empty()
    }
}

impl TryFrom<Form> for Given {
    type Error = crate::capability::GrantError;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        Ok(Self {
            grant: Grant::parse(form.capability, &form.pattern)?,
            mounts: form.mounts,
            broad: form.broad,
            at: form.at,
            origin: form.origin,
        })
    }
}

impl From<Given> for Form {
    fn from(given: Given) -> Self {
        Self {
            capability: given.grant.capability().clone(),
            pattern: given.grant.pattern(),
            mounts: given.mounts,
            broad: given.broad,
            at: given.at,
            origin: given.origin,
        }
    }
}
