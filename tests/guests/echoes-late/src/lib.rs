//! Answers with what it was sent, after as many milliseconds as the call says.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Waits for what `wait-ms` says, and answers with the input.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        if let Some(wait) = input.metadata("wait-ms") {
            let wait = wait.parse().map_err(|_| ComponentError::InvalidInput(wait.to_owned()))?;
            std::thread::sleep(std::time::Duration::from_millis(wait));
        }
        Ok(ComponentOutput::new(input.body().to_vec()).with_content_type(input.content_type()))
    }
}
