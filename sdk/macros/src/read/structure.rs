//! Reading the struct marked with `#[component]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Field, Item, ItemStruct, Type};

use crate::mistakes::Mistakes;

/// The field that is saved and restored.
const STATE: &str = "state";

/// A struct and its state.
pub(crate) struct Structure {
    pub(crate) item: ItemStruct,
    pub(crate) state: Option<State>,
}

/// The field named `state`.
pub(crate) struct State {
    /// What decides whether the field is there at all.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) ty: Type,
}

impl Structure {
    /// Reads the struct; none when the item is something else.
    pub(crate) fn read(arguments: &TokenStream, item: Item) -> (Option<Self>, Mistakes) {
        let mut mistakes = Mistakes::default();
        if !arguments.is_empty() {
            mistakes.add(arguments, "`#[component]` takes no arguments");
        }
        let Item::Struct(item) = item else {
            refuse(&item, &mut mistakes);
            return (None, mistakes);
        };
        let generics = &item.generics;
        if !generics.params.is_empty() {
            mistakes.add(
                generics,
                "a component has no generic parameters: the host could not choose them",
            );
        }
        if let Some(clause) = &generics.where_clause {
            mistakes.add(clause, "the struct of a component has no `where` clause");
        }
        let state = item.fields.iter().find(is_state).map(|field| State {
            conditions: conditions(field),
            ty: field.ty.clone(),
        });
        (Some(Self { item, state }), mistakes)
    }
}

fn is_state(field: &&Field) -> bool {
    field.ident.as_ref().is_some_and(|name| name == STATE)
}

fn conditions(field: &Field) -> Vec<Attribute> {
    let attributes = field.attrs.iter();
    attributes
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .cloned()
        .collect()
}

fn refuse(item: &Item, mistakes: &mut Mistakes) {
    let message = "`#[component]` marks a struct";
    match item {
        Item::Enum(item) => mistakes.add(item.enum_token, message),
        Item::Union(item) => mistakes.add(item.union_token, message),
        Item::Trait(item) => mistakes.add(item.trait_token, message),
        Item::Fn(item) => mistakes.add(item.sig.fn_token, message),
        Item::Mod(item) => mistakes.add(item.mod_token, message),
        Item::Type(item) => mistakes.add(item.type_token, message),
        Item::Impl(item) => mistakes.add(
            item.impl_token,
            "`#[component]` marks a struct: an `impl` block is marked with `#[component_impl]`",
        ),
        other => mistakes.add(other.to_token_stream(), message),
    }
}
