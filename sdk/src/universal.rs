//! The component interface as plain traits, for those who want no attribute macros.

use crate::config::ComponentConfig;
use crate::description::{Capability, ComponentMetadata, HealthStatus};
use crate::error::ComponentError;
use crate::message::{ComponentInput, ComponentOutput};

/// What every component offers its host.
///
/// Implement it for a type that is [`Default`] and hand that type to [`export!`](crate::export).
/// `metadata` and `required_capabilities` are asked of a default value, before `init` and in an empty sandbox.
///
/// ```
/// use airssys_wasm_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Echo;
///
/// impl UniversalComponent for Echo {
///     fn execute(&mut self, input: ComponentInput) -> Result<ComponentOutput, ComponentError> {
///         Ok(input.into())
///     }
/// }
///
/// airssys_wasm_sdk::export!(Echo);
/// ```
pub trait UniversalComponent {
    /// Prepares a new instance; an error refuses the deployment.
    ///
    /// Called once, before the first call.
    fn init(&mut self, config: ComponentConfig) -> Result<(), ComponentError> {
        let _ = config;
        Ok(())
    }

    /// Handles one call.
    fn execute(&mut self, input: ComponentInput) -> Result<ComponentOutput, ComponentError>;

    /// Ends the instance.
    ///
    /// Called once, after the last call has returned; the host does not wait beyond the drain deadline.
    fn shutdown(&mut self) -> Result<(), ComponentError> {
        Ok(())
    }

    /// Name, version and description; what stays empty is taken from `Cargo.toml`.
    fn metadata(&self) -> ComponentMetadata {
        ComponentMetadata::default()
    }

    /// The capabilities that the component asks for.
    fn required_capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }

    /// Whether this instance can take calls.
    fn health_status(&self) -> HealthStatus {
        HealthStatus::Healthy
    }
}

/// What lets the state of a component survive a swap and a restart.
///
/// A component that exports it runs as an actor: one instance that takes its calls in order.
/// `#[component]` implements it for a struct with a field named `state`, and `#[component_impl]` for one whose functions are
/// marked with `#[component_save]` and `#[component_restore]`;
/// without macros, `export!(MyComponent, state)` exports it.
pub trait StatefulComponent {
    /// Everything that the next instance needs to go on.
    ///
    /// Called between two calls, never during one.
    /// It returns at least one byte: the contract has no error here, so no bytes stand for one.
    /// [`restore`](Self::restore) is not called with them and the earlier release stays in service.
    fn save(&self) -> Result<Vec<u8>, ComponentError>;

    /// Takes over what an earlier instance saved.
    ///
    /// Called after `init` and before the first call.
    /// `from_version` is the version of the release that saved the bytes.
    /// An error leaves the earlier release in service.
    fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError>;
}

/// Makes a type that implements [`UniversalComponent`] and [`Default`] the component that this crate is.
///
/// `export!(MyComponent, state)` exports its [`StatefulComponent`] too.
/// Nothing is exported unless the target is WebAssembly, so the same crate compiles and tests natively.
#[macro_export]
macro_rules! export {
    ($component:ty) => {
        impl $crate::__internal::Component for $component {
            $crate::__slot!($component);

            fn init(config: $crate::ComponentConfig) -> ::core::result::Result<Self, $crate::ComponentError> {
                let mut component = <$component as ::core::default::Default>::default();
                $crate::UniversalComponent::init(&mut component, config)?;
                ::core::result::Result::Ok(component)
            }

            fn execute(&mut self, input: $crate::ComponentInput) -> $crate::ComponentResult {
                $crate::UniversalComponent::execute(self, input)
            }

            fn shutdown(&mut self) -> ::core::result::Result<(), $crate::ComponentError> {
                $crate::UniversalComponent::shutdown(self)
            }

            fn metadata() -> $crate::ComponentMetadata {
                let component = <$component as ::core::default::Default>::default();
                $crate::UniversalComponent::metadata(&component).or($crate::package_metadata!())
            }

            fn required_capabilities() -> ::std::vec::Vec<$crate::Capability> {
                let component = <$component as ::core::default::Default>::default();
                $crate::UniversalComponent::required_capabilities(&component)
            }

            fn health_status(&self) -> $crate::HealthStatus {
                $crate::UniversalComponent::health_status(self)
            }
        }

        $crate::__export_guest!($component);
    };
    ($component:ty, state) => {
        $crate::export!($component);
        $crate::__export_state!($component);
    };
}
