//! Counts its calls, and takes its time for each: as many milliseconds as it is called with.

use std::time::Duration;

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest {
    state: u64,
}

#[component_impl]
impl Guest {
    /// Sleeps, counts, and answers with the count.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        std::thread::sleep(Duration::from_millis(input.text()?.parse().unwrap_or(0)));
        self.state += 1;
        Ok(ComponentOutput::text(self.state.to_string()))
    }
}
