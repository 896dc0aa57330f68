use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

#[component_impl]
impl Greeter {
    #[component_execute]
    fn wave(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
