//! The code behind the attributes that mark functions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::marker::Marker;
use crate::read::EXPANDED;

/// Expands a marker: `#[component_impl]` has read it when it comes with the expected argument, and otherwise it stands in a
/// place where nothing reads it.
pub(crate) fn marked(marker: Marker, arguments: TokenStream, item: TokenStream) -> TokenStream {
    if arguments.to_string() == EXPANDED {
        return item;
    }
    let message = format!(
        "`#[{}]` marks a function inside an `impl` block that is marked with `#[component_impl]`",
        marker.name()
    );
    let error = Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
    quote!(#item #error)
}
