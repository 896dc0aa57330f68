//! Write airssys-wasm components in Rust.
//!
//! A component is a crate of type `cdylib` with this crate as its only dependency.
//! A struct holds what it remembers, and marked functions say what it does:
//!
//! ```
//! use airssys_wasm_sdk::prelude::*;
//!
//! #[component]
//! pub struct MyComponent {
//!     state: ComponentState,
//! }
//!
//! #[component_impl]
//! impl MyComponent {
//!     #[component_init]
//!     pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
//!         Ok(Self {
//!             state: ComponentState::new(config)?,
//!         })
//!     }
//!
//!     #[component_execute]
//!     pub fn process(&mut self, input: ComponentInput) -> ComponentResult {
//!         let processed_data = input.body().to_ascii_uppercase();
//!         Ok(ComponentOutput::new(processed_data))
//!     }
//!
//!     #[component_capabilities]
//!     pub fn required_capabilities() -> Vec<Capability> {
//!         vec![
//!             Capability::FileRead("/data".into()),
//!             Capability::NetworkOutbound("api.example.com".into()),
//!         ]
//!     }
//! }
//! ```
//!
//! Only `#[component_execute]` is required.
//!
//! | marks | function | without it |
//! |---|---|---|
//! | [`#[component_init]`](component_init) | `fn new(config: ComponentConfig) -> Result<Self, ComponentError>` | the struct's `Default` |
//! | [`#[component_execute]`](component_execute) | `fn execute(&mut self, input: ComponentInput) -> ComponentResult` | – |
//! | [`#[component_capabilities]`](component_capabilities) | `fn required_capabilities() -> Vec<Capability>` | asks for nothing |
//! | [`#[component_health]`](component_health) | `fn health(&self) -> HealthStatus` | healthy |
//! | [`#[component_shutdown]`](component_shutdown) | `fn shutdown(&mut self) -> Result<(), ComponentError>` | nothing to do |
//! | [`#[component_save]`](component_save) | `fn save(&self) -> Result<Vec<u8>, ComponentError>` | the field `state`, if any |
//! | [`#[component_restore]`](component_restore) | `fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError>` | the field `state`, if any |
//!
//! A struct with a field named `state` is *stateful*: the host runs one instance of it, and what is in the field survives
//! when the component is replaced by its next release.
//! The field may be of any type that serde can write and read; [`ComponentState`] is one that needs no declaration.
//! Two marked functions save and restore in its place when the bytes have a form of their own: the next release can then
//! read what an earlier one wrote in another form.
//! A component that does neither may run in many instances at once.
//!
//! Where to look next:
//! - [`ComponentInput`] and [`ComponentOutput`] carry bytes, text or JSON.
//! - [`ComponentConfig`] is what the operator configured.
//! - [`ComponentError`] tells the caller what to do about a failure.
//! - [`UniversalComponent`] and [`export!`] do the same without attribute macros.
//! - [`testing`] calls a component from a native `cargo test`.

mod config;
mod contract;
mod description;
mod error;
mod message;
mod state;
mod universal;

pub mod prelude;
pub mod testing;

/// What the macros expand to; not part of the public interface.
#[doc(hidden)]
pub mod __internal {
    pub use crate::contract::*;
}

pub use airssys_wasm_component::{
    component, component_capabilities, component_execute, component_health, component_impl, component_init,
    component_restore, component_save, component_shutdown,
};

pub use crate::config::ComponentConfig;
pub use crate::description::{Capability, ComponentMetadata, HealthStatus};
pub use crate::error::{ComponentError, ComponentResult};
pub use crate::message::{ComponentInput, ComponentOutput};
pub use crate::state::ComponentState;
pub use crate::universal::{StatefulComponent, UniversalComponent};
