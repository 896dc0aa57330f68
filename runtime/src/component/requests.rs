//! What a component asks for: the `[capabilities]` of its manifest, and what `required-capabilities` adds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[capabilities]`: what a component asks for, in guest paths.
/// A request is not a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct AccessRequests {
    /// Guest paths to read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_read: Vec<String>,
    /// Guest paths to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_write: Vec<String>,
    /// Addresses to connect to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_outbound: Vec<String>,
    /// Addresses to listen on: a port, or `address:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "ports_or_texts")]
    pub network_inbound: Vec<String>,
    /// Names of system calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_call: Vec<String>,
    /// Names of key-value buckets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<String>,
    /// Components and topics to send to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messaging: Vec<String>,
    /// Capabilities that the operator has defined, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, CustomRequest>,
}

/// `[capabilities.custom."name"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct CustomRequest {
    /// What is asked for, in the terms of that capability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
}

impl AccessRequests {
    /// Every request as `(capability, pattern)`, in the order of the manifest's keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lists = [
            ("file-read", &self.file_read),
            ("file-write", &self.file_write),
            ("network-outbound", &self.network_outbound),
            ("network-inbound", &self.network_inbound),
            ("system-call", &self.system_call),
            ("storage", &self.storage),
            ("messaging", &self.messaging),
        ];
        let named = lists
            .into_iter()
            .flat_map(|(capability, patterns)| patterns.iter().map(move |pattern| (capability, pattern.as_str())));
        let custom = self.custom.iter().flat_map(|(name, request)| {
            let bare = request.patterns.is_empty().then_some((name.as_str(), ""));
            bare.into_iter().chain(
                request
                    .patterns
                    .iter()
                    .map(move |pattern| (name.as_str(), pattern.as_str())),
            )
        });
        named.chain(custom)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Adds one request, unless it is there already.
    pub(crate) fn add(list: &mut Vec<String>, pattern: String) {
        if !list.contains(&pattern) {
            list.push(pattern);
        }
    }
}

/// Accepts ports as numbers, because that is how they are usually written.
fn ports_or_texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Address {
        Port(u16),
        Text(String),
    }
    let addresses = Vec::<Address>::deserialize(deserializer)?;
    let text = |address| match address {
        Address::Port(port) => port.to_string(),
        Address::Text(text) => text,
    };
    Ok(addresses.into_iter().map(text).collect())
}
