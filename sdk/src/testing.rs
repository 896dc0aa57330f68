//! Calling a component from a native test, in the order in which a host calls it.

use crate::config::ComponentConfig;
use crate::contract::Component;
use crate::description::{Capability, ComponentMetadata, HealthStatus};
use crate::error::{ComponentError, ComponentResult};
use crate::message::ComponentInput;
use crate::universal::StatefulComponent;

/// An instance of a component in a native test.
///
/// `T` is a struct marked with `#[component]`, or a type that was given to [`export!`](crate::export).
///
/// ```
/// use airssys_wasm_sdk::prelude::*;
/// use airssys_wasm_sdk::testing::Instance;
///
/// #[component]
/// #[derive(Default)]
/// struct Shout;
///
/// #[component_impl]
/// impl Shout {
///     #[component_execute]
///     fn shout(&self, input: ComponentInput) -> ComponentResult {
///         Ok(ComponentOutput::text(input.text()?.to_uppercase()))
///     }
/// }
///
/// let mut shout = Instance::<Shout>::start(ComponentConfig::default())?;
/// let output = shout.execute(ComponentInput::from_text("hello"))?;
/// assert_eq!(output.as_text()?, "HELLO");
/// # Ok::<(), ComponentError>(())
/// ```
#[derive(Debug)]
pub struct Instance<T> {
    component: T,
}

impl<T: Component> Instance<T> {
    /// Makes an instance the way the host does; fails when the component's `init` fails.
    pub fn start(config: ComponentConfig) -> Result<Self, ComponentError> {
        T::init(config).map(|component| Self { component })
    }

    /// Name, version and description, asked without an instance.
    pub fn metadata() -> ComponentMetadata {
        T::metadata()
    }

    /// What the component asks for, asked without an instance.
    pub fn required_capabilities() -> Vec<Capability> {
        T::required_capabilities()
    }

    /// Makes one call.
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        self.component.execute(input)
    }

    /// Asks whether the instance can take calls.
    pub fn health_status(&self) -> HealthStatus {
        self.component.health_status()
    }

    /// Ends the instance.
    pub fn shutdown(mut self) -> Result<(), ComponentError> {
        self.component.shutdown()
    }

    /// The component itself.
    pub fn component(&mut self) -> &mut T {
        &mut self.component
    }
}

impl<T: Component + StatefulComponent> Instance<T> {
    /// What the next instance needs to go on.
    pub fn save(&self) -> Result<Vec<u8>, ComponentError> {
        self.component.save()
    }

    /// Takes over what the release of version `from_version` saved.
    pub fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
        self.component.restore(from_version, saved)
    }
}
