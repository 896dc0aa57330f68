use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl Greeter {
    fn greet(&self) {}
}

fn main() {}
