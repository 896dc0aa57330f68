//! Panics when it is asked what it needs.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Would answer.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        Ok(ComponentOutput::text("should not be asked"))
    }

    /// Panics.
    #[component_capabilities]
    pub fn required_capabilities() -> Vec<Capability> {
        panic!("told to panic")
    }
}
