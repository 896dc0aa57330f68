//! A component behind the interfaces that it exports.

use std::marker::PhantomData;

use super::bindings::guest::airssys::component::types;
use super::bindings::{guest, state};
use super::component::Component;
use super::slot;
use crate::config::ComponentConfig;
use crate::description::HealthStatus;
use crate::error::ComponentError;
use crate::universal::StatefulComponent;

/// The component `T` behind the interfaces that it exports.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Component> guest::exports::airssys::component::guest::Guest for Exported<T> {
    fn init(config: types::Config) -> Result<(), types::ComponentError> {
        Ok(slot::fill(|| T::init(ComponentConfig::unchecked(config.json)))?)
    }

    fn execute(input: types::Message) -> Result<types::Message, types::ComponentError> {
        let output = slot::with(|component: &mut T| component.execute(input.into()))?;
        Ok(output.into())
    }

    fn shutdown() -> Result<(), types::ComponentError> {
        Ok(slot::take::<T>()?.shutdown()?)
    }

    fn metadata() -> types::ComponentMetadata {
        T::metadata().into()
    }

    fn required_capabilities() -> Vec<types::Capability> {
        let wanted = T::required_capabilities();
        wanted.into_iter().map(Into::into).collect()
    }

    fn health_status() -> types::Health {
        let health = slot::with(|component: &mut T| Ok(component.health_status()));
        health
            .unwrap_or_else(|error| HealthStatus::Unhealthy(error.to_string()))
            .into()
    }
}

impl<T: Component + StatefulComponent> state::exports::airssys::component::state::Guest for Exported<T> {
    /// No bytes when there is nothing to save or it cannot be written: `restore` refuses them.
    fn save() -> Vec<u8> {
        slot::with(|component: &mut T| component.save()).unwrap_or_default()
    }

    fn restore(from_version: String, saved: Vec<u8>) -> Result<(), types::ComponentError> {
        Ok(slot::with(|component: &mut T| {
            if saved.is_empty() {
                return Err(ComponentError::failed(
                    "state-not-saved",
                    format!("version {from_version} could not save its state"),
                ));
            }
            component.restore(&from_version, &saved)
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::guest::exports::airssys::component::guest::Guest as _;
    use super::state::exports::airssys::component::state::Guest as _;
    use super::*;
    use crate::error::ComponentResult;
    use crate::message::{ComponentInput, ComponentOutput};
    use crate::universal::UniversalComponent;

    /// Answers with the earlier input; calls itself when it is told to.
    #[derive(Default)]
    struct Last(Vec<u8>);

    impl UniversalComponent for Last {
        fn execute(&mut self, input: ComponentInput) -> ComponentResult {
            if input.body() == b"again" {
                let inner = Exported::<Self>::execute(message("inner"));
                return Ok(ComponentOutput::text(format!("{inner:?}")));
            }
            let last = std::mem::replace(&mut self.0, input.into_body());
            Ok(ComponentOutput::new(last))
        }
    }

    impl StatefulComponent for Last {
        fn save(&self) -> Result<Vec<u8>, ComponentError> {
            match self.0.is_empty() {
                true => Err(ComponentError::failed("empty", "nothing to save")),
                false => Ok(self.0.clone()),
            }
        }

        fn restore(&mut self, _from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
            self.0 = saved.to_vec();
            Ok(())
        }
    }

    crate::export!(Last, state);

    fn message(body: &str) -> types::Message {
        types::Message {
            content_type: "text/plain".into(),
            body: body.into(),
            metadata: Vec::new(),
        }
    }

    fn init() -> Result<(), types::ComponentError> {
        Exported::<Last>::init(types::Config { json: "{}".into() })
    }

    fn execute(body: &str) -> Vec<u8> {
        Exported::<Last>::execute(message(body)).unwrap().body
    }

    /// The code of a failure.
    fn code<T>(result: Result<T, types::ComponentError>) -> Option<String> {
        match result {
            Err(types::ComponentError::Failed(failure)) => Some(failure.code),
            _ => None,
        }
    }

    #[test]
    fn an_instance_lives_from_init_to_shutdown() {
        init().unwrap();
        execute("a");
        assert_eq!(execute("b"), b"a");
        assert!(matches!(Exported::<Last>::health_status(), types::Health::Healthy));
        Exported::<Last>::shutdown().unwrap();
        init().unwrap();
        assert_eq!(execute("c"), b"");
    }

    #[test]
    fn calls_without_an_instance_fail() {
        let expected = Some("not-initialized".to_owned());
        assert_eq!(code(Exported::<Last>::execute(message("a"))), expected);
        assert_eq!(code(Exported::<Last>::shutdown()), expected);
        assert_eq!(code(Exported::<Last>::restore("1.0.0".into(), vec![1])), expected);
        assert!(Exported::<Last>::save().is_empty());
        assert!(matches!(Exported::<Last>::health_status(), types::Health::Unhealthy(_)));
    }

    #[test]
    fn a_second_init_fails_and_keeps_the_instance() {
        init().unwrap();
        execute("a");
        assert_eq!(code(init()), Some("already-initialized".to_owned()));
        assert_eq!(execute("b"), b"a");
    }

    #[test]
    fn a_call_during_a_call_fails() {
        init().unwrap();
        let inner = String::from_utf8(execute("again")).unwrap();
        assert!(inner.contains("re-entered"), "{inner}");
    }

    #[test]
    fn what_was_saved_is_restored() {
        init().unwrap();
        execute("a");
        let saved = Exported::<Last>::save();
        Exported::<Last>::shutdown().unwrap();
        init().unwrap();
        Exported::<Last>::restore("1.0.0".into(), saved).unwrap();
        assert_eq!(execute("b"), b"a");
    }

    #[test]
    fn a_state_that_could_not_be_saved_is_refused() {
        init().unwrap();
        let saved = Exported::<Last>::save();
        assert!(saved.is_empty());
        let refused = Exported::<Last>::restore("1.0.0".into(), saved);
        assert_eq!(code(refused), Some("state-not-saved".to_owned()));
    }

    #[test]
    fn metadata_and_capabilities_need_no_instance() {
        assert_eq!(Exported::<Last>::metadata().name, "airssys-wasm-sdk");
        assert!(Exported::<Last>::required_capabilities().is_empty());
    }
}
