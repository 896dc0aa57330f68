//! Asks for capabilities: the example of the README.

use airssys_wasm_sdk::prelude::*;

/// Answers in upper case.
#[component]
pub struct MyComponent {
    state: ComponentState,
}

#[component_impl]
impl MyComponent {
    /// Starts with an empty state.
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self { state: ComponentState::new(config)? })
    }

    /// Answers in upper case.
    #[component_execute]
    pub fn process(&mut self, input: ComponentInput) -> ComponentResult {
        let processed_data = input.body().to_ascii_uppercase();
        Ok(ComponentOutput::new(processed_data))
    }

    /// Asks to read a folder and to reach a server.
    #[component_capabilities]
    pub fn required_capabilities() -> Vec<Capability> {
        vec![Capability::FileRead("/data".into()), Capability::NetworkOutbound("api.example.com".into())]
    }
}
