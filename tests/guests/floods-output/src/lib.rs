//! Writes far more to its standard output than anybody reads.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Writes 100,000 lines.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        for n in 0..100_000 {
            println!("line {n}");
        }
        Ok(ComponentOutput::text("done"))
    }
}
