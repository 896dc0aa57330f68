//! Components written in both ways, called the way a host calls them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use airssys_wasm_sdk::prelude::*;
use airssys_wasm_sdk::testing::Instance;

mod counter {
    use airssys_wasm_sdk::prelude::*;

    #[component]
    pub(crate) struct Counter {
        pub(crate) state: ComponentState,
    }

    #[component_impl]
    impl Counter {
        #[component_init]
        fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
            Ok(Self {
                state: ComponentState::new(config)?,
            })
        }

        #[component_execute]
        fn count(&mut self, _: ComponentInput) -> ComponentResult {
            let step = self.state.config().get("step")?.unwrap_or(1);
            let count = self.state.get::<u64>("count")?.unwrap_or(0) + step;
            self.state.set("count", count)?;
            ComponentOutput::json(&count)
        }

        #[component_shutdown]
        fn stop(&mut self) -> Result<(), ComponentError> {
            Err(ComponentError::unavailable("still counting"))
        }

        #[component_capabilities]
        fn wants() -> Vec<Capability> {
            vec![Capability::Storage("counts".into())]
        }

        #[component_health]
        fn health(&self) -> HealthStatus {
            match self.state.is_empty() {
                true => HealthStatus::Degraded("nothing counted".into()),
                false => HealthStatus::Healthy,
            }
        }
    }
}

/// Keeps what it hears, and writes it in a form of its own.
mod journal {
    use airssys_wasm_sdk::prelude::*;

    #[component]
    #[derive(Default)]
    pub(crate) struct Journal {
        lines: Vec<String>,
        restored_from: Option<String>,
    }

    #[component_impl]
    impl Journal {
        #[component_execute]
        fn note(&mut self, input: ComponentInput) -> ComponentResult {
            self.lines.push(input.text()?.to_owned());
            let from = self.restored_from.as_deref().unwrap_or("nothing");
            Ok(ComponentOutput::text(format!("{} from {from}", self.lines.join(","))))
        }

        #[component_save]
        fn save(&self) -> Result<Vec<u8>, ComponentError> {
            if self.lines.is_empty() {
                return Err(ComponentError::failed("empty", "nothing was noted"));
            }
            Ok(self.lines.join("\n").into_bytes())
        }

        #[component_restore]
        fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
            let text = std::str::from_utf8(saved)?;
            self.lines = text.lines().map(str::to_owned).collect();
            self.restored_from = Some(from_version.to_owned());
            Ok(())
        }
    }
}

mod echo {
    use airssys_wasm_sdk::prelude::*;

    #[component]
    #[derive(Default)]
    pub(crate) struct Echo;

    #[component_impl]
    impl Echo {
        #[component_execute]
        fn execute(&self, input: ComponentInput) -> Result<ComponentOutput, ComponentError> {
            Ok(input.into())
        }
    }
}

mod last {
    use airssys_wasm_sdk::prelude::*;

    #[derive(Default)]
    pub(crate) struct Last(Vec<u8>);

    impl UniversalComponent for Last {
        fn execute(&mut self, input: ComponentInput) -> Result<ComponentOutput, ComponentError> {
            let last = std::mem::replace(&mut self.0, input.into_body());
            Ok(ComponentOutput::new(last))
        }

        fn metadata(&self) -> ComponentMetadata {
            ComponentMetadata {
                name: "acme:last".into(),
                ..ComponentMetadata::default()
            }
        }
    }

    impl StatefulComponent for Last {
        fn save(&self) -> Result<Vec<u8>, ComponentError> {
            Ok(self.0.clone())
        }

        fn restore(&mut self, _from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
            self.0 = saved.to_vec();
            Ok(())
        }
    }

    airssys_wasm_sdk::export!(Last, state);
}

fn config(json: &str) -> ComponentConfig {
    ComponentConfig::from_json(json).unwrap()
}

fn count(instance: &mut Instance<counter::Counter>) -> u64 {
    let output = instance.execute(ComponentInput::new("")).unwrap();
    output.parse_json().unwrap()
}

#[test]
fn marked_functions_are_what_the_host_calls() {
    let mut counter = Instance::<counter::Counter>::start(config(r#"{"step": 2}"#)).unwrap();
    assert_eq!(
        counter.health_status(),
        HealthStatus::Degraded("nothing counted".into())
    );
    assert_eq!(count(&mut counter), 2);
    assert_eq!(count(&mut counter), 4);
    assert_eq!(counter.health_status(), HealthStatus::Healthy);
    assert_eq!(counter.shutdown(), Err(ComponentError::unavailable("still counting")));
    assert_eq!(
        Instance::<counter::Counter>::required_capabilities(),
        [Capability::Storage("counts".into())]
    );
}

#[test]
fn the_next_release_goes_on_with_its_own_configuration() {
    let mut earlier = Instance::<counter::Counter>::start(config("{}")).unwrap();
    assert_eq!(count(&mut earlier), 1);
    let saved = earlier.save().unwrap();
    assert_eq!(saved, br#"{"count":1}"#);

    let mut next = Instance::<counter::Counter>::start(config(r#"{"step": 10}"#)).unwrap();
    next.restore("1.0.0", &saved).unwrap();
    assert_eq!(count(&mut next), 11);
}

#[test]
fn marked_functions_save_and_restore_in_a_form_of_their_own() {
    let mut earlier = Instance::<journal::Journal>::start(ComponentConfig::default()).unwrap();
    earlier.execute(ComponentInput::from_text("a")).unwrap();
    let saved = earlier.save().unwrap();
    assert_eq!(saved, b"a");

    let mut next = Instance::<journal::Journal>::start(ComponentConfig::default()).unwrap();
    next.restore("1.0.0", &saved).unwrap();
    let output = next.execute(ComponentInput::from_text("b")).unwrap();
    assert_eq!(output.as_text(), Ok("a,b from 1.0.0"));
    assert_eq!(next.save().unwrap(), b"a\nb");
}

#[test]
fn the_errors_of_marked_functions_reach_the_host() {
    let mut journal = Instance::<journal::Journal>::start(ComponentConfig::default()).unwrap();
    assert_eq!(
        journal.save(),
        Err(ComponentError::failed("empty", "nothing was noted"))
    );
    let refused = journal.restore("1.0.0", &[0xff]);
    assert!(matches!(refused, Err(ComponentError::InvalidInput(_))));
}

#[test]
fn a_configuration_that_cannot_be_used_refuses_the_start() {
    let mut counter = Instance::<counter::Counter>::start(config(r#"{"step": "two"}"#)).unwrap();
    let refused = counter.execute(ComponentInput::new(""));
    assert!(matches!(refused, Err(ComponentError::InvalidInput(_))));
    assert_eq!(counter.component().state.len(), 0);
}

#[test]
fn a_component_with_execute_alone_does_the_rest_by_default() {
    let mut echo = Instance::<echo::Echo>::start(ComponentConfig::default()).unwrap();
    let output = echo.execute(ComponentInput::from_text("a")).unwrap();
    assert_eq!(output.as_text(), Ok("a"));
    assert_eq!(echo.health_status(), HealthStatus::Healthy);
    assert_eq!(echo.shutdown(), Ok(()));
    assert_eq!(Instance::<echo::Echo>::required_capabilities(), []);
}

#[test]
fn metadata_comes_from_cargo_unless_the_component_says_otherwise() {
    let of_package = Instance::<echo::Echo>::metadata();
    assert_eq!(of_package.name, "airssys-wasm-sdk");
    assert_eq!(of_package.version, env!("CARGO_PKG_VERSION"));

    let of_component = Instance::<last::Last>::metadata();
    assert_eq!(of_component.name, "acme:last");
    assert_eq!(of_component.version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_plain_traits_need_no_macros() {
    let mut last = Instance::<last::Last>::start(ComponentConfig::default()).unwrap();
    last.execute(ComponentInput::new("a")).unwrap();
    let saved = last.save().unwrap();
    last.shutdown().unwrap();

    let mut next = Instance::<last::Last>::start(ComponentConfig::default()).unwrap();
    next.restore("0.1.0", &saved).unwrap();
    let output = next.execute(ComponentInput::new("b")).unwrap();
    assert_eq!(output.body(), b"a");
}

#[test]
fn any_serialisable_value_is_a_state() {
    #[component]
    #[derive(Default)]
    struct Words {
        state: BTreeMap<String, u32>,
    }

    #[component_impl]
    impl Words {
        #[component_execute]
        fn add(&mut self, input: ComponentInput) -> ComponentResult {
            *self.state.entry(input.text()?.to_owned()).or_default() += 1;
            ComponentOutput::json(&self.state)
        }
    }

    let mut words = Instance::<Words>::start(ComponentConfig::default()).unwrap();
    words.restore("0.1.0", br#"{"a": 2}"#).unwrap();
    let output = words.execute(ComponentInput::from_text("a")).unwrap();
    assert_eq!(output.as_text(), Ok(r#"{"a":3}"#));
}
