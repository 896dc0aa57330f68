//! The functions that the host calls, each of which calls a function of the author.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::call::call;
use crate::marker::Marker;
use crate::read::Function;

/// The function of the trait that calls the author's function.
pub(super) fn entry_point(component: &Type, marker: Marker, function: &Function) -> TokenStream {
    let head = head(marker);
    let call = call(component, marker, &function.signature);
    quote! {
        #head {
            #call
        }
    }
}

fn head(marker: Marker) -> TokenStream {
    match marker {
        Marker::Init => quote! {
            fn init(
                config: ::airssys_wasm_sdk::ComponentConfig,
            ) -> ::core::result::Result<Self, ::airssys_wasm_sdk::ComponentError>
        },
        Marker::Execute => quote! {
            fn execute(
                &mut self,
                input: ::airssys_wasm_sdk::ComponentInput,
            ) -> ::airssys_wasm_sdk::ComponentResult
        },
        Marker::Shutdown => quote! {
            fn shutdown(&mut self) -> ::core::result::Result<(), ::airssys_wasm_sdk::ComponentError>
        },
        Marker::Capabilities => quote! {
            fn required_capabilities() -> ::std::vec::Vec<::airssys_wasm_sdk::Capability>
        },
        Marker::Health => quote! {
            fn health_status(&self) -> ::airssys_wasm_sdk::HealthStatus
        },
        Marker::Save => quote! {
            fn save(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::airssys_wasm_sdk::ComponentError>
        },
        Marker::Restore => quote! {
            fn restore(
                &mut self,
                from_version: &str,
                saved: &[u8],
            ) -> ::core::result::Result<(), ::airssys_wasm_sdk::ComponentError>
        },
    }
}
