//! From bytes to a release that may be recorded: what the operator says, what the manifest says, what the bytes say.

use semver::Version;
use serde::{Deserialize, Serialize};

use super::kind::STATE;
use super::limits::DEFAULT_POOL;
use super::manifest::ModeName;
use super::version::anonymous_version;
use super::{ComponentName, Inspection, InstanceMode, Kind, Manifest, Release, inspect, parse_version};
use crate::error::Error;

/// A component on its way into a host: its bytes and what is said of them.
///
/// What is set here counts more than the manifest, and the manifest more than the bytes' own metadata.
#[derive(Clone, Debug)]
pub struct Package {
    bytes: Vec<u8>,
    said: Said,
}

/// What is said of a component beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<ComponentName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<Manifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A package whose bytes are a valid component and whose release is known, but for what only running it tells.
#[derive(Debug)]
pub(crate) struct Validated {
    pub(crate) bytes: Vec<u8>,
    pub(crate) release: Release,
}

impl Package {
    /// A package of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Said::default(), bytes.into())
    }

    /// A package of these bytes, with what is said of them.
    pub(crate) fn of(said: Said, bytes: Vec<u8>) -> Self {
        Self { bytes, said }
    }

    /// The name that is said, as far as that is known without reading the bytes.
    pub(crate) fn named(&self) -> Option<ComponentName> {
        let of_manifest = || self.said.manifest.as_ref()?.component.name.clone();
        self.said.name.clone().or_else(of_manifest)
    }

    /// What is said, and the bytes.
    pub(crate) fn into_parts(self) -> (Said, Vec<u8>) {
        (self.said, self.bytes)
    }

    /// Names the component.
    #[must_use]
    pub fn name(mut self, name: ComponentName) -> Self {
        self.said.name = Some(name);
        self
    }

    /// Names the version of the release.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.said.version = Some(version);
        self
    }

    /// Uses this manifest instead of the one that the bytes carry.
    #[must_use]
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.said.manifest = Some(manifest);
        self
    }

    /// Hands this JSON object to `init` instead of the manifest's `[config]`.
    #[must_use]
    pub fn config(mut self, config: serde_json::Map<String, serde_json::Value>) -> Self {
        self.said.config = Some(config);
        self
    }

    /// Checks the bytes and decides the release; runs nothing.
    pub(crate) fn validate(self) -> Result<Validated, Error> {
        let Self { bytes, said } = self;
        let inspection = inspect(&bytes)?;
        let manifest = said
            .manifest
            .or_else(|| inspection.manifest.clone())
            .unwrap_or_default();
        let named = || inspection.name.as_deref().and_then(|name| name.parse().ok());
        let name = said
            .name
            .or_else(|| manifest.component.name.clone())
            .or_else(named)
            .ok_or(Error::Unnamed)?;
        let version = said.version.or_else(|| manifest.component.version.clone());
        let version = version.unwrap_or_else(|| metadata_version(&inspection));
        // One that came with a request may be as long as that.
        parse_version(&version.to_string())?;
        let description = manifest
            .component
            .description
            .clone()
            .or_else(|| inspection.description.clone());
        let has_state = inspection.exports_interface(STATE);
        if manifest.http.is_some() && inspection.kind != Kind::Http {
            return Err(Error::NotHttp {
                name,
                kind: inspection.kind,
            });
        }
        let release = Release {
            name,
            version,
            digest: inspection.digest,
            size: inspection.size,
            kind: inspection.kind,
            description: description.unwrap_or_default(),
            instances: instance_mode(&manifest, inspection.kind, has_state),
            limits: manifest.limits.limits(),
            requests: manifest.capabilities,
            config: said.config.unwrap_or(manifest.config),
            has_state,
            deploy: manifest.deploy,
            http: manifest.http.and_then(|http| http.route),
            collected: false,
            needs_async: inspection.needs_async,
        };
        Ok(Validated { bytes, release })
    }
}

fn metadata_version(inspection: &Inspection) -> Version {
    let said = inspection.version.as_deref().and_then(|text| parse_version(text).ok());
    said.unwrap_or_else(|| anonymous_version(&inspection.digest))
}

fn instance_mode(manifest: &Manifest, kind: Kind, has_state: bool) -> InstanceMode {
    let pool = InstanceMode::Pool {
        max: manifest.instances.max.unwrap_or(DEFAULT_POOL),
    };
    match manifest.instances.mode {
        // A command runs once and ends, so there is nothing to reuse.
        _ if kind == Kind::Command => InstanceMode::Fresh,
        Some(ModeName::Actor) => InstanceMode::Actor,
        Some(ModeName::Pool) => pool,
        Some(ModeName::Fresh) => InstanceMode::Fresh,
        None if has_state => InstanceMode::Actor,
        // Many runtimes of languages expect one request for each instance, and what one caller left must not meet the next.
        None if kind == Kind::Http => InstanceMode::Fresh,
        None => pool,
    }
}
