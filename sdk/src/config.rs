//! What the operator configured for a component.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ComponentError;

/// What the operator configured for a component: a JSON object.
///
/// It is read when it is asked for, so a component that ignores it carries no JSON reader.
///
/// ```
/// use airssys_wasm_sdk::ComponentConfig;
///
/// let config = ComponentConfig::from_json(r#"{"greeting": "hello"}"#)?;
/// assert_eq!(config.get::<String>("greeting")?.as_deref(), Some("hello"));
/// assert_eq!(config.get::<u32>("repeat")?.unwrap_or(1), 1);
/// # Ok::<(), airssys_wasm_sdk::ComponentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentConfig {
    json: String,
}

impl ComponentConfig {
    /// A configuration from its JSON text.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when the text is not a JSON object.
    pub fn from_json(json: impl Into<String>) -> Result<Self, ComponentError> {
        let config = Self::unchecked(json.into());
        config.check()?;
        Ok(config)
    }

    /// The value under `key`, none when it is not configured.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when the value is of another type.
    /// Each call reads the whole configuration: [`parse`](Self::parse) reads many keys at once.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ComponentError> {
        let Some(value) = self.object()?.remove(key) else {
            return Ok(None);
        };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|error| unusable(&format!("`{key}`: {error}")))
    }

    /// The whole configuration as one value, for example a struct that derives `Deserialize`.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when it is not of this shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ComponentError> {
        serde_json::from_str(&self.json).map_err(|error| unusable(&error.to_string()))
    }

    /// The configuration as the JSON text that the host handed over.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// What the host hands over; the contract says that it is a JSON object.
    pub(crate) fn unchecked(json: String) -> Self {
        Self { json }
    }

    /// Fails when the text is not a JSON object.
    pub(crate) fn check(&self) -> Result<(), ComponentError> {
        self.object().map(|_| ())
    }

    fn object(&self) -> Result<Map<String, Value>, ComponentError> {
        self.parse()
    }
}

/// Nothing configured: `{}`.
impl Default for ComponentConfig {
    fn default() -> Self {
        Self::unchecked("{}".to_owned())
    }
}

fn unusable(reason: &str) -> ComponentError {
    ComponentError::InvalidInput(format!("the configuration cannot be used: {reason}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_key_is_read_as_the_type_that_is_asked_for() {
        let config = ComponentConfig::from_json(r#"{"port": 80, "hosts": ["a", "b"]}"#).unwrap();
        assert_eq!(config.get("port"), Ok(Some(80_u16)));
        assert_eq!(config.get("hosts"), Ok(Some(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(config.get::<bool>("absent"), Ok(None));
    }

    #[test]
    fn a_key_of_another_type_is_named_in_the_error() {
        let config = ComponentConfig::from_json(r#"{"port": "eighty"}"#).unwrap();
        assert_eq!(
            config.get::<u16>("port").unwrap_err().to_string(),
            "invalid input: the configuration cannot be used: `port`: \
             invalid type: string \"eighty\", expected u16"
        );
    }

    #[test]
    fn the_whole_configuration_is_one_value() {
        let config = ComponentConfig::from_json(r#"{"a": 1, "b": 2}"#).unwrap();
        let expected = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(config.parse(), Ok(expected));
    }

    #[test]
    fn text_that_is_not_an_object_is_refused() {
        for json in ["[]", "7", "", "{"] {
            let refused = ComponentConfig::from_json(json);
            assert!(
                matches!(refused, Err(ComponentError::InvalidInput(_))),
                "{json:?} is accepted"
            );
        }
    }
}
