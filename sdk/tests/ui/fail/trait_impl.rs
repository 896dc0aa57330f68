use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl UniversalComponent for Greeter {
    #[component_execute]
    fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
