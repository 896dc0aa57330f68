//! The call of an author's function, written so that the compiler points at the author's types when they do not fit.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Signature, Type};

use crate::marker::{Access, Marker};

/// `<Component>::function(self, input)`.
///
/// A wrong argument type is reported where the argument is declared, a wrong return type where it is written: the compiler
/// takes the place of a call from its first and its last token.
pub(super) fn call(component: &Type, marker: Marker, signature: &Signature) -> TokenStream {
    let (first, last) = ends(&signature.output);
    let receiver = (marker.access() != Access::Nothing).then(|| quote!(self));
    let types = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(&argument.ty),
        FnArg::Receiver(_) => None,
    });
    let arguments = marker.arguments().iter().zip(types).map(|((name, _), ty)| {
        let name = syn::Ident::new(name, located_at(ty.span()));
        quote!(#name)
    });
    let inputs = receiver.into_iter().chain(arguments);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#(#inputs),*));
    arguments.set_span(last);
    let arguments = TokenTree::from(arguments);
    let function = &signature.ident;
    quote_spanned!(first=> <#component>::#function #arguments)
}

/// The first and the last token of the return type.
fn ends(output: &syn::ReturnType) -> (Span, Span) {
    let syn::ReturnType::Type(_, ty) = output else {
        return (Span::call_site(), Span::call_site());
    };
    let mut spans = quote!(#ty).into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    let last = spans.last().unwrap_or(first);
    (located_at(first), located_at(last))
}

/// The place of the author's token, with the names of the code that is generated.
fn located_at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
