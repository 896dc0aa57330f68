//! What an operator granted and revoked while a host ran, as it is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::capability::{Capability, Grant};
use crate::component::ComponentName;
use crate::deploy::options::Origin;
use crate::deploy::record;
use crate::error::Error;
use crate::store::{Store, Table};

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

impl Recorded {
    /// What is kept of a component.
    pub(super) fn read(store: &Store, name: &ComponentName) -> Result<Self, Error> {
        let found = store.read(Table::Permissions, name.as_str())?;
        let found = found.map(|bytes| record::decode(&format!("the permissions of `{name}`"), &bytes));
        found.transpose().map(Option::unwrap_or_default)
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
