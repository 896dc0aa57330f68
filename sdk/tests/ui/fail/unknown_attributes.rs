use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_exceute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[airssys_wasm_sdk::component_initialize]
    fn new(_config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    #[component_health(often)]
    fn health(&self) -> HealthStatus {
        HealthStatus::Healthy
    }

    #[component_shutdown]
    const LAST: u8 = 0;
}

fn main() {}
