//! Answers with more than a message may hold.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Answers with as many MiB as the input says.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let mebibytes: usize = input.text()?.parse().map_err(|_| ComponentError::invalid_input("not a number"))?;
        Ok(ComponentOutput::new(vec![b'x'; mebibytes << 20]))
    }
}
