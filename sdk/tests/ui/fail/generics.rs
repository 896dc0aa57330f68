use airssys_wasm_sdk::prelude::*;

#[component]
struct Greeter<'a, T>
where
    T: Clone,
{
    greeting: &'a T,
}

#[component_impl]
impl<'a, T> Greeter<'a, T>
where
    T: Clone,
{
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

#[component]
#[derive(Default)]
struct Other<T>(T);

#[component_impl]
impl Other<u8> {
    #[component_execute]
    fn greet(&self, input: ComponentInput) -> ComponentResult {
        Ok(input.into())
    }
}

fn main() {}
