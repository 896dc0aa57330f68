//! One immutable version of a component.

use semver::Version;
use serde::{Deserialize, Serialize};

use super::{AccessRequests, ComponentName, DeploySection, Digest, HttpRoute, InstanceMode, Kind, Limits};

/// One immutable version of a component, as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Release {
    /// The name of the component.
    pub name: ComponentName,
    /// The version of this release.
    pub version: Version,
    /// Identifies the bytes.
    pub digest: Digest,
    /// The size of the bytes.
    pub size: u64,
    /// What kind of guest it is.
    pub kind: Kind,
    /// What it does, in a sentence; may be empty.
    pub description: String,
    /// How it is instantiated.
    pub instances: InstanceMode,
    /// What each of its instances may use.
    pub limits: Limits,
    /// What it asks for: the manifest's requests and those of `required-capabilities`, frozen at packaging.
    pub requests: AccessRequests,
    /// The JSON object handed to `init`.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Whether it exports `airssys:component/state`.
    pub has_state: bool,
    /// How its author wants it to be deployed.
    #[serde(default)]
    pub deploy: DeploySection,
    /// Which HTTP requests it gets, when its manifest says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpRoute>,
    /// Whether its bytes were removed to make room for newer releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) collected: bool,
    /// Whether it needs an engine with the component model's asynchronous intrinsics.
    pub(crate) needs_async: bool,
}

impl Release {
    /// `name@version`, as people write it.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Which HTTP requests it gets: those that its manifest says, else those below its name.
    /// None when it answers no HTTP requests.
    pub fn http_route(&self) -> Option<HttpRoute> {
        let said = || self.http.clone().unwrap_or_else(|| HttpRoute::of_name(&self.name));
        (self.kind == Kind::Http).then(said)
    }
}
