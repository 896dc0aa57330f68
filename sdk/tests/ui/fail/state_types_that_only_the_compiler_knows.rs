use airssys_wasm_sdk::prelude::*;

struct Text(String);

#[component]
#[derive(Default)]
struct Counter;

#[component_impl]
impl Counter {
    #[component_execute]
    fn count(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    fn save(&self) -> Result<String, ComponentError> {
        Ok(String::new())
    }

    #[component_restore]
    fn restore(&mut self, _from_version: &Text, _saved: Text) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
