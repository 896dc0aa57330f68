//! What the macros expand to, and every mistake that they report, as snapshots.

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand;

/// Formats an expansion the way a person would have written it.
fn pretty(expansion: TokenStream) -> String {
    let file = syn::parse2(expansion).expect("the expansion is a Rust file");
    prettyplease::unparse(&file)
}

fn component(item: TokenStream) -> String {
    pretty(expand::component(TokenStream::new(), item))
}

fn component_impl(item: TokenStream) -> String {
    pretty(expand::component_impl(TokenStream::new(), item))
}

#[test]
fn a_struct_without_state_exports_no_state() {
    let expansion = component(quote! {
        /// Says hello.
        #[derive(Default)]
        pub struct Greeter;
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_struct_with_a_field_named_state_exports_it() {
    let expansion = component(quote! {
        pub struct Counter {
            state: Counts,
            step: u64,
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_field_that_is_compiled_on_a_condition_is_exported_on_it() {
    let expansion = component(quote! {
        struct Counter {
            #[cfg(feature = "memory")]
            state: Counts,
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn execute_alone_makes_a_component() {
    let expansion = component_impl(quote! {
        impl Greeter {
            #[component_execute]
            fn greet(&self, input: ComponentInput) -> ComponentResult {
                Ok(input.into())
            }
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn every_marked_function_is_called() {
    let expansion = component_impl(quote! {
        impl Everything {
            const LIMIT: u8 = 3;

            #[component_init]
            pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {}

            #[airssys_wasm_sdk::component_execute]
            #[inline]
            pub fn execute(&mut self, _: ComponentInput) -> Result<ComponentOutput, ComponentError> {}

            #[component_shutdown]
            pub fn shutdown(&mut self) -> Result<(), ComponentError> {}

            #[cfg(feature = "files")]
            #[component_capabilities]
            pub fn wants() -> Vec<Capability> {}

            #[component_health]
            pub fn health(&self) -> HealthStatus {}

            fn unmarked<T>(self, anything: T) {}
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn marked_functions_save_and_restore_the_state() {
    let expansion = component_impl(quote! {
        impl Counter {
            #[component_execute]
            fn count(&mut self, _: ComponentInput) -> ComponentResult {}

            #[cfg(feature = "memory")]
            #[component_save]
            fn store(&self) -> Result<Vec<u8>, ComponentError> {}

            #[cfg(feature = "memory")]
            #[component_restore]
            fn load(&mut self, version: &str, bytes: &[u8]) -> Result<(), ComponentError> {}
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn one_half_of_a_state_is_a_mistake_beside_the_others() {
    let expansion = component_impl(quote! {
        impl Counter {
            #[component_save]
            fn store(&mut self) -> Vec<u8> {}
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_mistake_leaves_the_code_in_place() {
    let expansion = component_impl(quote! {
        impl Greeter {
            #[component_exceute]
            fn greet(&self, input: ComponentInput) -> ComponentResult {
                Ok(input.into())
            }
        }
    });
    insta::assert_snapshot!(expansion);
}

#[test]
fn attributes_of_other_crates_are_left_alone() {
    let expansion = component_impl(quote! {
        impl Greeter {
            #[component_execute]
            #[other::component_fancy]
            fn greet(&self, input: ComponentInput) -> ComponentResult {}
        }
    });
    assert!(expansion.contains("#[other::component_fancy]"));
    assert!(!expansion.contains("compile_error"));
}
