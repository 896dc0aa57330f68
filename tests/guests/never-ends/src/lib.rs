//! Never returns from its shutdown.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Answers.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        Ok(ComponentOutput::text("ends never"))
    }

    /// Loops without an end.
    #[component_shutdown]
    pub fn shutdown(&mut self) -> Result<(), ComponentError> {
        loop {
            std::hint::black_box(());
        }
    }
}
