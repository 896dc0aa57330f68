//! Implements the trait, without the attribute macros.

use airssys_wasm_sdk::prelude::*;

/// Answers with its greeting.
#[derive(Default)]
pub struct PlainTrait {
    greeting: String,
}

impl UniversalComponent for PlainTrait {
    fn init(&mut self, config: ComponentConfig) -> Result<(), ComponentError> {
        self.greeting = config.get("greeting")?.unwrap_or_else(|| "hello".into());
        Ok(())
    }

    fn execute(&mut self, input: ComponentInput) -> Result<ComponentOutput, ComponentError> {
        Ok(ComponentOutput::text(format!("{}, {}", self.greeting, input.text()?)))
    }
}

airssys_wasm_sdk::export!(PlainTrait);
