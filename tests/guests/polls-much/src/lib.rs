//! Waits for one thing as often as it is told, in one call.

use wasip2::clocks::monotonic_clock::{now, resolution, subscribe_duration};
use wasip2::io::poll::poll;

use airssys_wasm_sdk::prelude::*;

/// Waits.
#[component]
pub struct PollsMuch;

#[component_impl]
impl PollsMuch {
    /// Needs nothing.
    #[component_init]
    pub fn new(_: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    /// Answers how many were ready, and whether the clock is as coarse as it says.
    #[component_execute]
    pub fn process(&mut self, input: ComponentInput) -> ComponentResult {
        let count = String::from_utf8_lossy(input.body()).parse().unwrap_or(1);
        let pollable = subscribe_duration(0);
        let ready = poll(&vec![&pollable; count]).len();
        let is_coarse = (0..1_000).all(|_| now() % resolution() == 0);
        Ok(ComponentOutput::new(format!("{ready} {} {is_coarse}", resolution()).into_bytes()))
    }
}
