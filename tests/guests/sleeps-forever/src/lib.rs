//! Waits in the host for longer than anybody does.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Sleeps for a century.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        std::thread::sleep(std::time::Duration::from_secs(3_000_000_000));
        Ok(ComponentOutput::text("awake"))
    }
}
