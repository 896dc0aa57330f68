//! The procedural macros of `airssys-wasm-sdk`, which re-exports them: depend on that crate.
//!
//! `read` turns what the author wrote into a model and collects every mistake, each at its token; `expand` turns the model
//! into code.

mod expand;
mod marker;
mod mistakes;
mod read;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::marker::Marker;

/// Marks the struct that a component is.
///
/// A field named `state`, of any type that serde can write and read, survives when the component is replaced by its next
/// release: the component then exports the interface `state` and runs as one instance that takes its calls in order.
/// Give the field another name to not keep it, or to save it by hand with [`#[component_save]`](macro@component_save).
///
/// The struct has no generic parameters, and a crate has one component.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::component(arguments.into(), item.into()).into()
}

/// Marks the `impl` block whose marked functions say what the component does.
///
/// Only [`#[component_execute]`](macro@component_execute) is required; functions without a mark are left alone.
#[proc_macro_attribute]
pub fn component_impl(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::component_impl(arguments.into(), item.into()).into()
}

/// Marks the function that makes an instance from its configuration, inside `#[component_impl]`.
///
/// `fn new(config: ComponentConfig) -> Result<Self, ComponentError>`: an error refuses the deployment.
/// Without it the struct's `Default` is used.
#[proc_macro_attribute]
pub fn component_init(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Init, arguments.into(), item.into()).into()
}

/// Marks the function that handles a call, inside `#[component_impl]`.
///
/// `fn execute(&mut self, input: ComponentInput) -> ComponentResult`, or with `&self`.
#[proc_macro_attribute]
pub fn component_execute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Execute, arguments.into(), item.into()).into()
}

/// Marks the function that ends an instance, inside `#[component_impl]`.
///
/// `fn shutdown(&mut self) -> Result<(), ComponentError>`, or with `&self`: it is called once, after the last call.
#[proc_macro_attribute]
pub fn component_shutdown(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Shutdown, arguments.into(), item.into()).into()
}

/// Marks the function that says what the component asks for, inside `#[component_impl]`.
///
/// `fn required_capabilities() -> Vec<Capability>`: it is called once, when the component is packaged.
#[proc_macro_attribute]
pub fn component_capabilities(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Capabilities, arguments.into(), item.into()).into()
}

/// Marks the function that says whether an instance can take calls, inside `#[component_impl]`.
///
/// `fn health(&self) -> HealthStatus`: without it the component is healthy.
#[proc_macro_attribute]
pub fn component_health(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Health, arguments.into(), item.into()).into()
}

/// Marks the function that saves the state by hand, inside `#[component_impl]`.
///
/// `fn save(&self) -> Result<Vec<u8>, ComponentError>`: it is called between two calls, never during one.
/// It returns at least one byte: the contract has no error here, so no bytes stand for one.
/// The component then exports the interface `state` and runs as one instance that takes its calls in order.
///
/// It comes with [`#[component_restore]`](macro@component_restore).
/// The struct has no field named `state`: that would be saved by itself.
#[proc_macro_attribute]
pub fn component_save(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Save, arguments.into(), item.into()).into()
}

/// Marks the function that takes over what an earlier instance saved, inside `#[component_impl]`.
///
/// `fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError>`, or with `&self`: it is called
/// after the instance is made and before its first call.
/// `from_version` is the version of the release that saved the bytes; an error leaves that release in service.
///
/// It comes with [`#[component_save]`](macro@component_save).
#[proc_macro_attribute]
pub fn component_restore(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::marked(Marker::Restore, arguments.into(), item.into()).into()
}
