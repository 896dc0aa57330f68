//! Reading the block marked with `#[component_impl]`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ImplItem, ImplItemFn, ItemImpl, Path, PathArguments, Signature, Type};

use super::attribute::{refuse_marks, take_mark};
use super::signature;
use crate::marker::Marker;
use crate::mistakes::Mistakes;

/// An `impl` block and its marked functions.
pub(crate) struct Implementation {
    pub(crate) item: ItemImpl,
    pub(crate) functions: BTreeMap<Marker, Function>,
}

/// A marked function.
pub(crate) struct Function {
    pub(crate) mark: Path,
    /// Whether the mark is the nearest to a name that does not exist.
    pub(crate) is_guessed: bool,
    /// What decides whether the function is there at all.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) signature: Signature,
}

impl Implementation {
    /// Reads the block; it is returned with the mistakes in it, so that the author's code stays in place.
    pub(crate) fn read(arguments: &TokenStream, mut item: ItemImpl) -> (Self, Mistakes) {
        let mut mistakes = Mistakes::default();
        if !arguments.is_empty() {
            mistakes.add(arguments, "`#[component_impl]` takes no arguments");
        }
        check_block(&item, &mut mistakes);
        let mut functions = BTreeMap::new();
        for entry in &mut item.items {
            read_entry(entry, &mut functions, &mut mistakes);
        }
        if item.trait_.is_none() && !functions.contains_key(&Marker::Execute) {
            let example = Marker::Execute.signature("execute");
            let message = format!("a component needs a function marked with `#[component_execute]`: `{example}`");
            mistakes.add(&item.self_ty, message);
        }
        check_state(&functions, &mut mistakes);
        (Self { item, functions }, mistakes)
    }

    /// Whether the block is the struct's own and names no generic parameters.
    pub(crate) fn is_plain(&self) -> bool {
        let self_ty = &self.item.self_ty;
        self.item.trait_.is_none()
            && self.item.generics.params.is_empty()
            && matches!(**self_ty, Type::Path(_))
            && type_arguments(self_ty).is_none()
    }
}

impl Function {
    /// Whether both functions are compiled on the same conditions, written in the same way.
    fn is_compiled_with(&self, other: &Self) -> bool {
        let written = |conditions: &[Attribute]| quote!(#(#conditions)*).to_string();
        written(&self.conditions) == written(&other.conditions)
    }
}

fn check_block(item: &ItemImpl, mistakes: &mut Mistakes) {
    if let Some((path, _)) = &item.trait_ {
        mistakes.add(
            path,
            "`#[component_impl]` marks the struct's own `impl` block, not the one of a trait",
        );
    }
    if let Some(keyword) = &item.unsafety {
        mistakes.add(keyword, "the `impl` block of a component is not `unsafe`");
    }
    let generic = "a component has no generic parameters: the host could not choose them";
    if !item.generics.params.is_empty() {
        mistakes.add(&item.generics, generic);
    } else if let Some(arguments) = type_arguments(&item.self_ty) {
        mistakes.add(arguments, generic);
    } else if !matches!(*item.self_ty, Type::Path(_)) {
        let message = "`#[component_impl]` marks the `impl` block of a struct";
        mistakes.add(&item.self_ty, message);
    }
    if let Some(clause) = &item.generics.where_clause {
        mistakes.add(clause, "the `impl` block of a component has no `where` clause");
    }
}

/// What is saved must be restored, and the other way round.
fn check_state(functions: &BTreeMap<Marker, Function>, mistakes: &mut Mistakes) {
    for (marker, other) in [(Marker::Save, Marker::Restore), (Marker::Restore, Marker::Save)] {
        let Some(function) = functions.get(&marker).filter(|function| !function.is_guessed) else {
            continue;
        };
        let (name, other_name) = (marker.name(), other.name());
        match functions.get(&other) {
            None => {
                let example = other.signature(other_name.trim_start_matches("component_"));
                let message = format!("`#[{name}]` needs a function marked with `#[{other_name}]`: `{example}`");
                mistakes.add(&function.mark, message);
            }
            Some(first) if marker == Marker::Restore && !function.is_compiled_with(first) => {
                let message = format!("`#[{name}]` needs the same `#[cfg]` as `#[{other_name}]`");
                mistakes.add(&function.mark, message);
            }
            Some(_) => {}
        }
    }
}

/// The `<u8>` of `Name<u8>`.
fn type_arguments(ty: &Type) -> Option<&PathArguments> {
    let Type::Path(path) = ty else {
        return None;
    };
    let arguments = &path.path.segments.last()?.arguments;
    (!arguments.is_none()).then_some(arguments)
}

fn read_entry(entry: &mut ImplItem, functions: &mut BTreeMap<Marker, Function>, mistakes: &mut Mistakes) {
    match entry {
        ImplItem::Fn(function) => read_function(function, functions, mistakes),
        ImplItem::Const(constant) => refuse_marks(&mut constant.attrs, "a constant", mistakes),
        ImplItem::Type(alias) => refuse_marks(&mut alias.attrs, "a type", mistakes),
        ImplItem::Macro(call) => refuse_marks(&mut call.attrs, "a macro call", mistakes),
        _ => {}
    }
}

fn read_function(function: &mut ImplItemFn, functions: &mut BTreeMap<Marker, Function>, mistakes: &mut Mistakes) {
    let Some(mark) = take_mark(&mut function.attrs, mistakes) else {
        return;
    };
    signature::check(mark.marker, &function.sig, mistakes);
    if let Some(first) = functions.get(&mark.marker) {
        if !mark.is_guessed {
            let (name, first) = (mark.marker.name(), &first.signature.ident);
            let message = format!("a component has one `#[{name}]`: `{first}` is marked with it already");
            mistakes.add(mark.path, message);
        }
        return;
    }
    let conditions = function.attrs.iter();
    let conditions = conditions.filter(|attribute| attribute.path().is_ident("cfg"));
    let function = Function {
        mark: mark.path,
        is_guessed: mark.is_guessed,
        conditions: conditions.cloned().collect(),
        signature: function.sig.clone(),
    };
    functions.insert(mark.marker, function);
}
