//! Starts as long as there is a file `/data/there`.

use airssys_wasm_sdk::prelude::*;

/// Needs a file.
#[component]
pub struct NeedsAFile;

#[component_impl]
impl NeedsAFile {
    /// Fails without the file.
    #[component_init]
    pub fn new(_: ComponentConfig) -> Result<Self, ComponentError> {
        match std::fs::metadata("/data/there") {
            Ok(_) => Ok(Self),
            Err(error) => Err(ComponentError::failed("missing", &format!("/data/there: {error}"))),
        }
    }

    /// Answers.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        Ok(ComponentOutput::text("started"))
    }
}
