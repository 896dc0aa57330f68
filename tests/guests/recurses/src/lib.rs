//! Calls itself until its stack ends.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Recurses without an end.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        #[expect(unconditional_recursion, reason = "that is what this guest is for")]
        fn deeper(n: u64) -> u64 {
            std::hint::black_box([n; 64])[0] + std::hint::black_box(deeper(std::hint::black_box(n + 1)))
        }
        Ok(ComponentOutput::text(deeper(input.body().len() as u64).to_string()))
    }
}
