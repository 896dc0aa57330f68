use airssys_wasm_sdk::prelude::*;

#[derive(Default)]
struct Counts(u64);

#[component]
#[derive(Default)]
struct Counter {
    state: Vec<Counts>,
}

#[component_impl]
impl Counter {
    #[component_execute]
    fn count(&mut self, input: ComponentInput) -> ComponentResult {
        self.state.push(Counts(1));
        Ok(input.into())
    }
}

fn main() {}
