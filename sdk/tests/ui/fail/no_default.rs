use airssys_wasm_sdk::prelude::*;

#[component]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
