//! Asks for more capabilities than a release may record.

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

    /// Asks for 10,000 folders.
    #[component_capabilities]
    pub fn required_capabilities() -> Vec<Capability> {
        (0..10_000).map(|n| Capability::FileRead(format!("/data/{n}/**"))).collect()
    }
}
