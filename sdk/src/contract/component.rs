//! The one shape to which both ways of writing a component come down.

use super::slot::Slot;
use crate::config::ComponentConfig;
use crate::description::{Capability, ComponentMetadata, HealthStatus};
use crate::error::{ComponentError, ComponentResult};
use crate::message::ComponentInput;

/// A component as the host sees it; `#[component_impl]` and `export!` implement it.
pub trait Component: Sized + 'static {
    /// Where the instance is kept between calls.
    fn slot() -> &'static Slot<Self>;

    /// Makes the instance.
    fn init(config: ComponentConfig) -> Result<Self, ComponentError>;

    /// Handles one call.
    fn execute(&mut self, input: ComponentInput) -> ComponentResult;

    /// Ends the instance.
    fn shutdown(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }

    /// Name, version and description.
    fn metadata() -> ComponentMetadata;

    /// What the component asks for.
    fn required_capabilities() -> Vec<Capability> {
        Vec::new()
    }

    /// Whether the instance can take calls.
    fn health_status(&self) -> HealthStatus {
        HealthStatus::Healthy
    }
}

/// A struct marked with `#[component]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not marked as a component",
    label = "put `#[component]` above `struct {Self}`"
)]
pub trait Declared {
    /// Fails to compile when `#[component_impl]` stands alone.
    const CHECKED: () = ();
}

/// A struct with an `impl` block marked with `#[component_impl]`.
#[diagnostic::on_unimplemented(
    message = "the component `{Self}` has no `#[component_impl]`",
    label = "put `#[component_impl]` above `impl {Self}`"
)]
pub trait Implemented {
    /// Fails to compile when `#[component]` stands alone.
    const CHECKED: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: Component> Implemented for T {}

/// What `init` falls back on when no function is marked with `#[component_init]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has neither a `#[component_init]` function nor a default",
    label = "there is no way to make the component",
    note = "add `#[derive(Default)]` to `struct {Self}`, or a function: `#[component_init] fn new(config: ComponentConfig) -> Result<Self, ComponentError>`"
)]
pub trait InitOrDefault: Sized {
    /// Makes the instance of a component that ignores its configuration.
    fn without_config() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> InitOrDefault for T {
    fn without_config() -> Self {
        T::default()
    }
}
