use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Saves;

#[component_impl]
impl Saves {
    #[component_execute]
    fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }
}

#[component]
#[derive(Default)]
struct Restores {
    state: u64,
}

#[component_impl]
impl Restores {
    #[component_execute]
    fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_restore]
    fn restore(&mut self, _from_version: &str, _saved: &[u8]) -> Result<(), ComponentError> {
        Ok(())
    }
}

#[component]
#[derive(Default)]
struct Sometimes;

#[component_impl]
impl Sometimes {
    #[component_execute]
    fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }

    #[cfg(any())]
    #[component_restore]
    fn restore(&mut self, _from_version: &str, _saved: &[u8]) -> Result<(), ComponentError> {
        Ok(())
    }
}

fn main() {}
