//! A crate with strict lints, which imports each name by itself.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

use airssys_wasm_sdk::{ComponentInput, ComponentOutput, ComponentResult};
use airssys_wasm_sdk::{component, component_execute, component_impl};

/// The return type may be an alias.
pub type Output = ComponentResult;

/// Upper case.
#[component]
#[derive(Default)]
pub struct Upper;

#[component_impl]
impl Upper {
    /// Makes the input upper case.
    #[component_execute]
    pub fn execute(&self, input: ComponentInput) -> Output {
        Ok(ComponentOutput::new(input.body().to_ascii_uppercase()))
    }
}

fn main() {}
