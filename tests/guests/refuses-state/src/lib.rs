//! Counts like `counter`, and cannot read what another release has saved.

use serde::{Deserialize, Serialize};

use airssys_wasm_sdk::prelude::*;

/// A state of another form.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlike {
    unlike: Vec<u64>,
}

/// Counts its calls.
#[component]
#[derive(Default)]
pub struct Counter {
    state: Unlike,
}

#[component_impl]
impl Counter {
    /// Answers with the number of calls.
    #[component_execute]
    pub fn count(&mut self, _input: ComponentInput) -> ComponentResult {
        self.state.unlike.push(1);
        Ok(ComponentOutput::text(self.state.unlike.len().to_string()))
    }
}
