//! Answers with what it was sent, ten times; then it traps.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest {
    calls: u64,
}

#[component_impl]
impl Guest {
    /// Answers with the input.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        self.calls += 1;
        assert!(self.calls <= 10, "it has had enough");
        Ok(ComponentOutput::new(input.body().to_vec()).with_content_type(input.content_type()))
    }
}
