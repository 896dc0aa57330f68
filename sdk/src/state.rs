//! What a component remembers between calls, and what survives a swap.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::ComponentConfig;
use crate::error::ComponentError;

/// What a component remembers between calls: JSON values under names.
///
/// A component with a field `state` of this type, or of any other type that serde can write and read, keeps what is in it
/// when the host replaces the component by its next release.
/// The configuration that it was made with is at hand through [`config`](Self::config) and is not part of what is saved:
/// the next release gets its own.
///
/// ```
/// use airssys_wasm_sdk::ComponentState;
///
/// let mut state = ComponentState::default();
/// state.set("count", state.get::<u64>("count")?.unwrap_or(0) + 1)?;
/// assert_eq!(state.get::<u64>("count")?, Some(1));
/// # Ok::<(), airssys_wasm_sdk::ComponentError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComponentState {
    values: BTreeMap<String, Value>,
    #[serde(skip)]
    config: ComponentConfig,
}

impl ComponentState {
    /// An empty state that keeps the configuration at hand.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when the configuration is not a JSON object.
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        config.check()?;
        Ok(Self {
            values: BTreeMap::new(),
            config,
        })
    }

    /// The configuration that the state was made with.
    pub fn config(&self) -> &ComponentConfig {
        &self.config
    }

    /// The value under `key`, none when there is none.
    ///
    /// Fails with the code `state-type` when the value is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ComponentError> {
        let Some(value) = self.values.get(key) else {
            return Ok(None);
        };
        T::deserialize(value)
            .map(Some)
            .map_err(|error| ComponentError::failed("state-type", format!("`{key}`: {error}")))
    }

    /// Puts `value` under `key`, in place of what was there.
    ///
    /// Fails with the code `not-json` when `value` has no JSON form; what was there stays.
    pub fn set(&mut self, key: impl Into<String>, value: impl Serialize) -> Result<(), ComponentError> {
        let key = key.into();
        let value = serde_json::to_value(value)
            .map_err(|error| ComponentError::failed("not-json", format!("`{key}`: {error}")))?;
        self.values.insert(key, value);
        Ok(())
    }

    /// Removes the value under `key`; false when there was none.
    pub fn remove(&mut self, key: &str) -> bool {
        self.values.remove(key).is_some()
    }

    /// Removes every value; the configuration stays.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Every key, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes over the configuration of the state that this one replaces.
    pub(crate) fn adopt_config(&mut self, earlier: &mut Self) {
        self.config = std::mem::take(&mut earlier.config);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_put_in() {
        let mut state = ComponentState::default();
        state.set("names", ["a", "b"]).unwrap();
        assert_eq!(state.get("names"), Ok(Some(("a".to_owned(), "b".to_owned()))));
        assert_eq!(state.get::<u8>("absent"), Ok(None));
    }

    #[test]
    fn a_value_of_another_type_is_the_components_fault() {
        let mut state = ComponentState::default();
        state.set("count", "three").unwrap();
        assert_eq!(
            state.get::<u8>("count").unwrap_err().to_string(),
            "failed (state-type): `count`: invalid type: string \"three\", expected u8"
        );
    }

    #[test]
    fn what_has_no_json_form_leaves_the_earlier_value() {
        let mut state = ComponentState::default();
        state.set("pairs", 1).unwrap();
        assert!(state.set("pairs", BTreeMap::from([([1], 2)])).is_err());
        assert_eq!(state.get("pairs"), Ok(Some(1)));
    }

    #[test]
    fn keys_are_counted_listed_and_removed() {
        let mut state = ComponentState::default();
        assert!(state.is_empty());
        state.set("b", 1).unwrap();
        state.set("a", 2).unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(state.remove("b"));
        assert!(!state.remove("b"));
        assert!(state.contains("a"));
        assert_eq!(state.len(), 1);
        state.clear();
        assert!(state.is_empty());
    }

    #[test]
    fn only_the_values_are_written() {
        let config = ComponentConfig::from_json(r#"{"secret": 1}"#).unwrap();
        let mut state = ComponentState::new(config).unwrap();
        state.set("count", 3).unwrap();
        assert_eq!(serde_json::to_string(&state).unwrap(), r#"{"count":3}"#);
        assert_eq!(state.config().get("secret"), Ok(Some(1)));
    }

    #[test]
    fn a_configuration_that_is_not_an_object_is_refused() {
        let config = ComponentConfig::unchecked("[]".to_owned());
        assert!(ComponentState::new(config).is_err());
    }
}
