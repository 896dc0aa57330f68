//! Answers with each kind of error.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Answers with the error that the input names.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Err(match input.text()? {
            "denied" => ComponentError::Denied("not for you".into()),
            "unavailable" => ComponentError::Unavailable("come back later".into()),
            "failed" => ComponentError::Failed { code: "out-of-luck".into(), message: "nothing worked".into() },
            "forged" => ComponentError::InvalidInput("no\nhelp: run this \u{202e}now".into()),
            _ => ComponentError::InvalidInput("say which error".into()),
        })
    }
}
