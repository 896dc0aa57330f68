//! The state that marked functions save and restore.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::entry_point::entry_point;
use crate::marker::Marker;
use crate::read::{Function, Implementation};

/// Exports the state through the author's functions, when there are any.
///
/// `#[component]` exports it for a field named `state`, and neither macro sees the other's item.
/// With the bound the two never conflict: the compiler reports the bound instead, in the words of the trait.
pub(super) fn expand(implementation: &Implementation) -> Option<TokenStream> {
    let save = implementation.functions.get(&Marker::Save)?;
    let restore = implementation.functions.get(&Marker::Restore)?;
    let name = &implementation.item.self_ty;
    let conditions = &save.conditions;
    let bound = without_state_field(name, save);
    let save = entry_point(name, Marker::Save, save);
    let restore = entry_point(name, Marker::Restore, restore);
    Some(quote! {
        #(#conditions)*
        const _: () = {
            impl ::airssys_wasm_sdk::StatefulComponent for #name
            where
                #bound,
            {
                #save

                #restore
            }

            ::airssys_wasm_sdk::__export_state!(#name);
        };
    })
}

/// Reports a field named `state` beside the author's other mistakes.
pub(super) fn check(implementation: &Implementation) -> Option<TokenStream> {
    let marked = Marker::ALL.into_iter().filter(|marker| marker.is_of_state());
    let mut marked = marked.filter_map(|marker| implementation.functions.get(&marker));
    let function = marked.find(|function| !function.is_guessed)?;
    let conditions = &function.conditions;
    let bound = without_state_field(&implementation.item.self_ty, function);
    Some(quote! {
        #(#conditions)*
        const _: () = {
            fn check()
            where
                #bound,
            {
            }
        };
    })
}

/// The bound that a field named `state` breaks, reported where the function is marked.
fn without_state_field(component: &Type, function: &Function) -> TokenStream {
    let place = Span::call_site().located_at(function.mark.span());
    quote_spanned!(place=> #component: ::airssys_wasm_sdk::__internal::WithoutStateField)
}
