use airssys_wasm_sdk::prelude::*;

#[component]
struct Declared;

#[derive(Default)]
struct Implemented;

#[component_impl]
impl Implemented {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
