//! What inputs and outputs have in common: a media type, bytes and further names and values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ComponentError;

/// The media type of bytes about which nothing else is known.
pub(super) const BYTES: &str = "application/octet-stream";
/// The media type of UTF-8 text.
pub(super) const TEXT: &str = "text/plain";
/// The media type of JSON.
pub(super) const JSON: &str = "application/json";

/// The `message` of the contract, with the fields public to the conversions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) metadata: Vec<(String, String)>,
}

impl Content {
    pub(super) fn new(content_type: &str, body: Vec<u8>) -> Self {
        Self {
            content_type: content_type.to_owned(),
            body,
            metadata: Vec::new(),
        }
    }

    /// Fails with the code `not-json` when `value` has no JSON form, such as a map whose keys are not strings.
    pub(super) fn from_json(value: &(impl Serialize + ?Sized)) -> Result<Self, ComponentError> {
        serde_json::to_vec(value)
            .map(|body| Self::new(JSON, body))
            .map_err(|error| ComponentError::failed("not-json", error.to_string()))
    }

    pub(super) fn text(&self) -> Result<&str, ComponentError> {
        std::str::from_utf8(&self.body)
            .map_err(|error| ComponentError::InvalidInput(format!("the body is not UTF-8 text: {error}")))
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ComponentError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ComponentError::InvalidInput(format!("the body is not the expected JSON: {error}")))
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.metadata.iter();
        values.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
