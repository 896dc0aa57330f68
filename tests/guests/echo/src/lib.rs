//! Answers with what it was sent.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Answers with the input.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let mut output = ComponentOutput::new(input.body().to_vec()).with_content_type(input.content_type());
        if let Some(trace) = input.metadata("trace") {
            output = output.with_metadata("trace", trace);
        }
        Ok(output)
    }
}
