//! The code behind `#[component]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Item};

use crate::read::{State, Structure};

/// Expands `#[component]`: the item as it was, what makes it a component, and its mistakes.
pub(crate) fn component(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => return with_error(tokens, error),
    };
    let (structure, mistakes) = Structure::read(&arguments, item);
    let errors = mistakes.into_compile_errors();
    let Some(structure) = structure else {
        return quote!(#tokens #errors);
    };
    let expansion = if errors.is_empty() {
        expand(&structure)
    } else {
        // Otherwise the compiler would report that the component is not declared, when the reason is reported already.
        declare(&structure)
    };
    quote!(#tokens #expansion #errors)
}

fn expand(structure: &Structure) -> TokenStream {
    let name = &structure.item.ident;
    let stateful = structure.state.iter().map(|state| expand_state(name, state));
    let declared = declare(structure);
    let checked = quote_spanned! {name.span()=>
        <#name as ::airssys_wasm_sdk::__internal::Implemented>::CHECKED
    };
    quote! {
        #declared
        const _: () = #checked;
        #(#stateful)*
    }
}

fn expand_state(name: &syn::Ident, state: &State) -> TokenStream {
    let State { conditions, ty } = state;
    // The type is named again so that the compiler points at the author's field when serde cannot write it.
    let field = quote_spanned!(ty.span()=> <#ty as ::airssys_wasm_sdk::__internal::StateField>);
    quote! {
        #(#conditions)*
        const _: () = {
            impl ::airssys_wasm_sdk::StatefulComponent for #name {
                fn save(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::airssys_wasm_sdk::ComponentError> {
                    #field::save(&self.state)
                }

                fn restore(
                    &mut self,
                    from_version: &str,
                    saved: &[u8],
                ) -> ::core::result::Result<(), ::airssys_wasm_sdk::ComponentError> {
                    #field::restore(&mut self.state, from_version, saved)
                }
            }

            ::airssys_wasm_sdk::__export_state!(#name);
        };
    }
}

/// Tells `#[component_impl]` that the struct is a component, and whether it may save a state by hand.
fn declare(structure: &Structure) -> TokenStream {
    let name = &structure.item.ident;
    let (parameters, arguments, clause) = structure.item.generics.split_for_impl();
    let absent = structure.state.as_ref().map_or_else(|| Some(quote!()), absence);
    let without_field = absent.map(|condition| {
        quote! {
            #condition
            impl #parameters ::airssys_wasm_sdk::__internal::WithoutStateField for #name #arguments #clause {}
        }
    });
    quote! {
        impl #parameters ::airssys_wasm_sdk::__internal::Declared for #name #arguments #clause {}
        #without_field
    }
}

/// The condition on which the field is not there; none when it always is.
fn absence(state: &State) -> Option<TokenStream> {
    let conditions = state.conditions.iter();
    let conditions = conditions.filter_map(|attribute| Some(&attribute.meta.require_list().ok()?.tokens));
    let conditions: Vec<_> = conditions.collect();
    (!conditions.is_empty()).then(|| quote!(#[cfg(not(all(#(#conditions),*)))]))
}

pub(super) fn with_error(tokens: TokenStream, error: Error) -> TokenStream {
    let error = error.into_compile_error();
    quote!(#tokens #error)
}
