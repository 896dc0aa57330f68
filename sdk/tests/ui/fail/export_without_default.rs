use airssys_wasm_sdk::prelude::*;

struct Echo;

impl UniversalComponent for Echo {
    fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

airssys_wasm_sdk::export!(Echo);

fn main() {}
