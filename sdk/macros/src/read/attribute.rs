//! Finding the attribute that marks a function, and the ones that are meant to.

use quote::format_ident;
use syn::{Attribute, Meta, Path, parse_quote};

use crate::marker::Marker;
use crate::mistakes::Mistakes;

/// The argument that a marker gets once `#[component_impl]` has read it.
///
/// The marker stays in the code so that its name is resolved: an import of it counts as used, and editors find its documentation.
pub(crate) const EXPANDED: &str = "inside_component_impl";

/// A marker as it stands above a function.
pub(super) struct Mark {
    pub(super) marker: Marker,
    pub(super) path: Path,
    /// Whether this is the nearest to a name that does not exist: the function is checked as if it were meant.
    pub(super) is_guessed: bool,
}

/// Finds the marker among a function's attributes, and says what is wrong with it.
pub(super) fn take_mark(attributes: &mut Vec<Attribute>, mistakes: &mut Mistakes) -> Option<Mark> {
    let mut found: Option<Mark> = None;
    attributes.retain_mut(|attribute| {
        let Some(name) = marker_like_name(attribute.path()) else {
            return true;
        };
        let path = attribute.path().clone();
        if let Some(first) = &found {
            let message = format!(
                "one function has one mark: it is marked with `#[{}]` already",
                first.marker.name()
            );
            mistakes.add(path, message);
            return false;
        }
        let named = Marker::named(&name);
        let marker = named.unwrap_or_else(|| Marker::nearest(&name));
        if named.is_none() {
            let nearest = marker.name();
            let message = format!("there is no `#[{name}]`: did you mean `#[{nearest}]`?");
            mistakes.add(&path, message);
        } else if !matches!(attribute.meta, Meta::Path(_)) {
            let message = format!("`#[{name}]` takes no arguments");
            mistakes.add(&attribute.meta, message);
        }
        let expanded = format_ident!("{EXPANDED}");
        attribute.meta = parse_quote!(#path(#expanded));
        let is_guessed = named.is_none();
        found = Some(Mark {
            marker,
            path,
            is_guessed,
        });
        !is_guessed
    });
    found
}

/// Removes the markers of what cannot be marked.
pub(super) fn refuse_marks(attributes: &mut Vec<Attribute>, what: &str, mistakes: &mut Mistakes) {
    attributes.retain(|attribute| {
        let Some(name) = marker_like_name(attribute.path()) else {
            return true;
        };
        let message = format!("`#[{name}]` marks a function, not {what}");
        mistakes.add(attribute.path(), message);
        false
    });
}

/// The last segment of `component_…` and `airssys_wasm_sdk::component_…`; other crates may have attributes of such a name.
fn marker_like_name(path: &Path) -> Option<String> {
    let name = path.segments.last()?.ident.to_string();
    let ours = path.segments.len() == 1
        || path
            .segments
            .iter()
            .any(|segment| segment.ident.to_string().starts_with("airssys_wasm"));
    (ours && name.starts_with("component_")).then_some(name)
}
