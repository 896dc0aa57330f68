use airssys_wasm_sdk::prelude::*;

#[component]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_init]
    fn new(_config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    #[component_init]
    fn make(_config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_execute]
    fn wave(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_shutdown]
    #[component_health]
    fn stop(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }
}

fn main() {}
