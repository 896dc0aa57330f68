use airssys_wasm_sdk::prelude::*;

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
    fn save(&mut self, _pretty: bool) -> Vec<u8> {
        Vec::new()
    }

    #[component_restore]
    fn restore(_from_version: String, _saved: Vec<u8>) {}
}

#[component]
#[derive(Default)]
struct Other;

#[component_impl]
impl Other {
    #[component_execute]
    fn count(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    fn save() {}

    #[component_restore]
    fn restore(self, _saved: &[u8]) -> Option<()> {
        None
    }
}

#[component]
#[derive(Default)]
struct Third;

#[component_impl]
impl Third {
    #[component_execute]
    fn count(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }

    #[component_save]
    async fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }

    #[component_save]
    fn save_again(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }

    #[component_restore]
    fn restore(&mut self, _from_version: &str, _saved: &mut [u8], _third: u8) -> Result<(), ComponentError> {
        Ok(())
    }
}

fn main() {}
