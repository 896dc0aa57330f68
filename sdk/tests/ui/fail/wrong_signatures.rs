use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_init]
    fn new(&self, config: &ComponentConfig) -> Self {
        Self
    }

    #[component_execute]
    fn greet(input: String, times: u8) -> Option<ComponentOutput> {
        None
    }

    #[component_shutdown]
    fn stop(self) {}

    #[component_capabilities]
    fn wants(&self) -> &'static [Capability] {
        &[]
    }

    #[component_health]
    fn health(&mut self) -> bool {
        true
    }
}

fn main() {}
