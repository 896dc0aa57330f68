use airssys_wasm_sdk::prelude::*;

#[derive(Default)]
struct Greeter;

impl Greeter {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

#[component_capabilities]
fn wants() -> Vec<Capability> {
    Vec::new()
}

fn main() {}
