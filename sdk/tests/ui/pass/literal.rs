use airssys_wasm_sdk::prelude::*;

#[component]
pub struct MyComponent { state: ComponentState }

#[component_impl]
impl MyComponent {
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> { Ok(Self { state: ComponentState::new(config)? }) }
    #[component_execute]
    pub fn process(&mut self, input: ComponentInput) -> ComponentResult { let processed_data = input.body().to_ascii_uppercase(); Ok(ComponentOutput::new(processed_data)) }
    #[component_capabilities]
    pub fn required_capabilities() -> Vec<Capability> { vec![Capability::FileRead("/data".into()), Capability::NetworkOutbound("api.example.com".into())] }
}

fn main() {}
