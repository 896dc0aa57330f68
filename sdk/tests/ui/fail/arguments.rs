use airssys_wasm_sdk::prelude::*;

#[component(stateless)]
#[derive(Default)]
struct Greeter;

#[component_impl(Greeter)]
impl Greeter {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
