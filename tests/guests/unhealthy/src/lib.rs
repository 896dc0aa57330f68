//! Says that it cannot work.

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

    /// Is never well.
    #[component_health]
    pub fn health(&self) -> HealthStatus {
        HealthStatus::Unhealthy("the moon is full".into())
    }
}
