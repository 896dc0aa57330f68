//! Counts like `counter`, takes every state, and begins at nothing all the same.

use airssys_wasm_sdk::prelude::*;

/// Counts its calls.
#[component]
#[derive(Default)]
pub struct Counter {
    count: u64,
}

#[component_impl]
impl Counter {
    /// Answers with the number of calls.
    #[component_execute]
    pub fn count(&mut self, _input: ComponentInput) -> ComponentResult {
        self.count += 1;
        Ok(ComponentOutput::text(self.count.to_string()))
    }

    /// Saves nothing.
    #[component_save]
    pub fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }

    /// Takes everything.
    #[component_restore]
    pub fn restore(&mut self, _from_version: &str, _saved: &[u8]) -> Result<(), ComponentError> {
        Ok(())
    }
}
