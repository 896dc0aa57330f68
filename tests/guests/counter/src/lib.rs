//! Counts its calls, and keeps the count.

use airssys_wasm_sdk::prelude::*;

/// Counts its calls.
#[component]
pub struct Counter {
    state: ComponentState,
}

#[component_impl]
impl Counter {
    /// Starts at nothing.
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self { state: ComponentState::new(config)? })
    }

    /// Answers with the number of this call; the input `trap` traps before it is counted.
    #[component_execute]
    pub fn count(&mut self, input: ComponentInput) -> ComponentResult {
        assert!(input.body() != b"trap", "told to trap");
        let count = self.state.get::<u64>("count")?.unwrap_or(0) + 1;
        self.state.set("count", &count)?;
        Ok(ComponentOutput::text(count.to_string()))
    }
}
