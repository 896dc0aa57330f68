//! Refuses every configuration that does not say `"accept": true`, and ends badly when asked.

use airssys_wasm_sdk::prelude::*;

/// Refuses to start.
#[component]
pub struct InitFails;

#[component_impl]
impl InitFails {
    /// Fails, panics or loops, as configured.
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        match config.get::<String>("init")?.as_deref() {
            Some("accept") => Ok(Self),
            Some("panic") => panic!("told to panic"),
            Some("loop") => loop {
                std::hint::black_box(());
            },
            _ => Err(ComponentError::invalid_input("`init` is not `accept`")),
        }
    }

    /// Answers.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        Ok(ComponentOutput::text("accepted"))
    }
}
