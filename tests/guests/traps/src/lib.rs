//! Panics at every call that does not say otherwise.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Panics, unless it is told to be kind.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        check_kindness(input.body());
        Ok(ComponentOutput::text("survived"))
    }
}

#[inline(never)]
fn check_kindness(input: &[u8]) {
    assert!(input == b"be kind", "told to panic");
}
