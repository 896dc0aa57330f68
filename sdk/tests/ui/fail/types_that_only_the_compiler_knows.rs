use airssys_wasm_sdk::prelude::*;

struct Text(String);

#[component]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_init]
    fn new(_config: Text) -> Result<Greeter, String> {
        Ok(Greeter)
    }

    #[component_execute]
    fn greet(&self, _input: Text) -> Result<Text, ComponentError> {
        Ok(Text(String::new()))
    }

    #[component_capabilities]
    fn wants() -> Vec<Text> {
        Vec::new()
    }

    #[component_health]
    fn health(&self) -> Text {
        Text(String::new())
    }
}

fn main() {}
