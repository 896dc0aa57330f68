use airssys_wasm_sdk::prelude::*;

#[component]
enum Greeter {
    Polite,
}

#[component]
fn greet() {}

#[component_impl]
mod greeter {}

#[component]
#[derive(Default)]
struct Polite;

#[component]
impl Polite {
    fn greet(&self) {}
}

#[component_impl]
impl Polite {
    #[component_execute]
    fn execute(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
