use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Counter {
    state: u64,
}

#[component_impl]
impl Counter {
    #[component_execute]
    fn count(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(self.state.to_string().into_bytes())
    }

    #[component_restore]
    fn restore(&mut self, _from_version: &str, _saved: &[u8]) -> Result<(), ComponentError> {
        Ok(())
    }
}

fn main() {}
