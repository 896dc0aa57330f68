//! Saving and restoring the field `state` of a component.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ComponentError;
use crate::state::ComponentState;

/// What a field named `state` must be.
#[diagnostic::on_unimplemented(
    message = "the field `state` cannot be saved: serde cannot write and read `{Self}`",
    label = "the state of a component survives a swap",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or give the field another name to not keep it"
)]
pub trait StateField: Sized {
    /// Writes the field as JSON.
    ///
    /// Fails with the code `state-not-saved` when it has no JSON form.
    fn save(&self) -> Result<Vec<u8>, ComponentError>;

    /// Replaces the field by what was saved; a field that cannot be restored stays as it is.
    fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> StateField for T {
    fn save(&self) -> Result<Vec<u8>, ComponentError> {
        serde_json::to_vec(self).map_err(|error| ComponentError::failed("state-not-saved", error.to_string()))
    }

    fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
        let mut restored: Self = serde_json::from_slice(saved).map_err(|error| {
            ComponentError::InvalidInput(format!(
                "the state that version {from_version} saved does not fit this version: {error}"
            ))
        })?;
        let new = (&mut restored as &mut dyn Any).downcast_mut::<ComponentState>();
        let earlier = (self as &mut dyn Any).downcast_mut::<ComponentState>();
        if let (Some(new), Some(earlier)) = (new, earlier) {
            new.adopt_config(earlier);
        }
        *self = restored;
        Ok(())
    }
}

/// A component without a field named `state`, whose state marked functions may save.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` is saved twice: by marked functions, and by itself because a field is named `state`",
    label = "rename the field, or leave out `#[component_save]` and `#[component_restore]`"
)]
pub trait WithoutStateField {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::ComponentConfig;

    #[test]
    fn a_component_state_is_restored_and_keeps_the_new_configuration() {
        let config = ComponentConfig::from_json(r#"{"step": 5}"#).unwrap();
        let mut state = ComponentState::new(config).unwrap();
        state.restore("1.0.0", br#"{"count": 3}"#).unwrap();
        assert_eq!(state.get("count"), Ok(Some(3)));
        assert_eq!(state.config().get("step"), Ok(Some(5)));
    }

    #[test]
    fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
        let mut counts = vec![1_u8];
        let error = counts.restore("1.0.0", b"[300]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid input: the state that version 1.0.0 saved does not fit this version: \
             invalid value: integer `300`, expected u8 at line 1 column 4"
        );
        assert_eq!(counts, [1]);
    }

    #[test]
    fn a_state_without_a_json_form_is_not_saved() {
        let error = BTreeMap::from([((1, 2), 3)]).save().unwrap_err();
        assert!(matches!(error, ComponentError::Failed { code, .. } if code == "state-not-saved"));
    }
}
