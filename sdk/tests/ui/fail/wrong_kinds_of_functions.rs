use airssys_wasm_sdk::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component_impl]
impl Greeter {
    #[component_execute]
    async fn greet<T: Default>(&mut self, input: ComponentInput) -> ComponentResult
    where
        T: Clone,
    {
        Ok(input.into())
    }

    #[component_shutdown]
    unsafe extern "C" fn stop(self: Box<Self>) -> Result<(), ComponentError> {
        Ok(())
    }

    #[component_health]
    fn health<'a>(&'a self) -> HealthStatus {
        HealthStatus::Healthy
    }
}

fn main() {}
