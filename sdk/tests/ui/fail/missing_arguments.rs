use airssys_wasm_sdk::prelude::*;

#[component]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_init]
    fn new() -> Result<Self, ComponentError> {
        Ok(Self)
    }

    #[component_execute]
    fn greet(&self) -> ComponentResult {
        Ok(ComponentOutput::text("hello"))
    }
}

fn main() {}
