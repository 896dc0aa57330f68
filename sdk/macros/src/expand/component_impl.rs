//! The code behind `#[component_impl]`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ItemImpl;
use syn::spanned::Spanned;

use super::component::with_error;
use super::entry_point::entry_point;
use super::state;
use crate::marker::Marker;
use crate::mistakes::Mistakes;
use crate::read::Implementation;

/// Expands `#[component_impl]`: the block as it was, what the host calls, and the mistakes in it.
pub(crate) fn component_impl(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
    let item: ItemImpl = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            if let Some(name) = name_of_block(&tokens) {
                return unfinished(&name, error);
            }
            let message = format!("`#[component_impl]` marks an `impl` block: {error}");
            return with_error(tokens, syn::Error::new(error.span(), message));
        }
    };
    let (implementation, mistakes) = Implementation::read(&arguments, item);
    let item = &implementation.item;
    let expansion = if mistakes.is_empty() {
        expand(&implementation)
    } else {
        stand_in(&implementation, mistakes)
    };
    quote!(#item #expansion)
}

/// The type of a block `impl NAME { … }`, whatever is in it.
fn name_of_block(tokens: &TokenStream) -> Option<Ident> {
    let mut tokens = tokens.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == "impl"))?;
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(block)), None) => {
            (block.delimiter() == Delimiter::Brace).then_some(name)
        }
        _ => None,
    }
}

/// What stands for a block that is being written: the mistake in it alone, and nothing that the compiler would report on
/// top of it.
fn unfinished(name: &Ident, error: syn::Error) -> TokenStream {
    let error = error.into_compile_error();
    quote! {
        #error

        impl ::airssys_wasm_sdk::__internal::Component for #name {
            ::airssys_wasm_sdk::__slot!(#name);

            fn init(
                _config: ::airssys_wasm_sdk::ComponentConfig,
            ) -> ::core::result::Result<Self, ::airssys_wasm_sdk::ComponentError> {
                ::core::unreachable!()
            }

            fn execute(&mut self, _input: ::airssys_wasm_sdk::ComponentInput) -> ::airssys_wasm_sdk::ComponentResult {
                ::core::unreachable!()
            }

            fn metadata() -> ::airssys_wasm_sdk::ComponentMetadata {
                ::core::unreachable!()
            }
        }
    }
}

fn expand(implementation: &Implementation) -> TokenStream {
    let name = &implementation.item.self_ty;
    let entry = |marker| {
        let function = implementation.functions.get(&marker)?;
        let conditions = &function.conditions;
        let entry_point = entry_point(name, marker, function);
        Some(quote!(#(#conditions)* #entry_point))
    };
    let init = entry(Marker::Init).unwrap_or_else(|| init_from_default(implementation));
    let others = Marker::ALL.into_iter();
    let others = others.filter(|marker| *marker != Marker::Init && !marker.is_of_state());
    let others = others.filter_map(entry);
    let state = state::expand(implementation);
    let checked = quote_spanned! {name.span()=>
        <#name as ::airssys_wasm_sdk::__internal::Declared>::CHECKED
    };
    quote! {
        impl ::airssys_wasm_sdk::__internal::Component for #name {
            ::airssys_wasm_sdk::__slot!(#name);

            #init
            #(#others)*

            fn metadata() -> ::airssys_wasm_sdk::ComponentMetadata {
                ::airssys_wasm_sdk::package_metadata!()
            }
        }

        const _: () = #checked;

        ::airssys_wasm_sdk::__export_guest!(#name);
        #state
    }
}

fn init_from_default(implementation: &Implementation) -> TokenStream {
    let name = &implementation.item.self_ty;
    let made = quote_spanned! {name.span()=>
        <#name as ::airssys_wasm_sdk::__internal::InitOrDefault>::without_config()
    };
    quote! {
        fn init(
            _config: ::airssys_wasm_sdk::ComponentConfig,
        ) -> ::core::result::Result<Self, ::airssys_wasm_sdk::ComponentError> {
            ::core::result::Result::Ok(#made)
        }
    }
}

/// The mistakes, and what keeps the compiler from reporting that the component has no `impl` block on top of them.
fn stand_in(implementation: &Implementation, mistakes: Mistakes) -> TokenStream {
    let errors = mistakes.into_compile_errors();
    let implemented = implementation.is_plain().then(|| {
        let name = &implementation.item.self_ty;
        let state = state::check(implementation);
        quote! {
            impl ::airssys_wasm_sdk::__internal::Implemented for #name {}
            #state
        }
    });
    quote!(#implemented #errors)
}
