//! A mistake in the syntax of a function is the only error.

use airssys_wasm_sdk::prelude::*;

#[component]
pub struct Counter {
    state: ComponentState,
}

#[component_impl]
impl Counter {
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self {
            state: ComponentState::new(config)?,
        })
    }

    #[component_execute]
    pub fn count(&mut self, _: ComponentInput) -> ComponentResult {
        self.state.set("count", 1)?;
        let count = ;
        Ok(ComponentOutput::text(count))
    }
}

fn main() {}
