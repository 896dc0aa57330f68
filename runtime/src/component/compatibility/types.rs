//! Differences between what two components export and import, by WIT subtyping.

use std::collections::HashSet;
use std::panic::{UnwindSafe, catch_unwind};

use wac_types::{ItemKind, NameMap, NameMapNoIntern, Package, SubtypeChecker, Types, World, WorldId};

use super::difference::{Difference, DifferenceKind};
use crate::component::bounds;
use crate::component::kind::is_interface;

/// The most items of one interface that a text names.
const MAX_NAMED: usize = 3;

/// Compares the types of two components; exports that are some version of `told` may come and go.
pub(super) fn differences(old: &[u8], new: &[u8], told: Option<&str>) -> Vec<Difference> {
    readable(|| compare(old, new, told))
}

/// What `compare` finds, or that it cannot be known.
fn readable(compare: impl FnOnce() -> Result<Vec<Difference>, String> + UnwindSafe) -> Vec<Difference> {
    // What reads the types expects what tools make, and a panic of it must not end a deployment. Nothing outlives the
    // panic but the bytes, which are only read.
    let reason = match catch_unwind(compare) {
        Ok(Ok(differences)) => return differences,
        Ok(Err(reason)) => reason,
        Err(_) => "its types cannot be compared with the old ones: nothing that reads types expects them".to_owned(),
    };
    vec![Difference::warning(DifferenceKind::Unreadable, reason)]
}

fn compare(old: &[u8], new: &[u8], told: Option<&str>) -> Result<Vec<Difference>, String> {
    let mut types = Types::new();
    let old =
        read(old, &mut types).map_err(|reason| format!("the types of the old release cannot be read: {reason}"))?;
    let new =
        read(new, &mut types).map_err(|reason| format!("the types of the new release cannot be read: {reason}"))?;
    // The checker follows a type anew wherever it is used. Validation bounds that: it counts types in the same way, and
    // refuses a component that comes to more than a million.
    let mut comparison = Comparison {
        types: &types,
        passed: HashSet::new(),
    };
    let mut found = comparison.exports(&types[old], &types[new], told);
    found.extend(comparison.imports(&types[old], &types[new]));
    Ok(found)
}

/// Adds the types of a component to `types`.
fn read(bytes: &[u8], types: &mut Types) -> Result<WorldId, String> {
    // Whoever reads component types calls itself for each level.
    bounds::check(bytes).map_err(|error| error.to_string())?;
    let package = Package::from_bytes("component", None, bytes, types);
    package
        .map(|package| package.ty())
        .map_err(|error| format!("{error:#}"))
}

#[derive(Clone, Copy)]
enum Side {
    Export,
    Import,
}

struct Comparison<'a> {
    types: &'a Types,
    /// What the checker has found to be a subtype.
    passed: HashSet<(ItemKind, ItemKind)>,
}

impl<'a> Comparison<'a> {
    /// What callers lose and gain.
    fn exports(&mut self, old: &World, new: &World, told: Option<&str>) -> Vec<Difference> {
        let is_told = |name: &str| told.is_some_and(|told| is_interface(name, told));
        let offered = by_name(new.exports.iter());
        let mut kept = HashSet::new();
        let mut found = Vec::new();
        for (name, item) in old.exports.iter().filter(|(name, _)| !is_told(name)) {
            let Some((new_name, new_item)) = offered.get(name, &NameMapNoIntern) else {
                let text = format!("no longer exports `{}`", brief(name));
                found.push(Difference::breaking(DifferenceKind::ExportRemoved, text));
                continue;
            };
            kept.insert(*new_name);
            if let Some(changes) = self.changes(*item, *new_item, Side::Export) {
                let text = format!("changes the export `{}`: {changes}", brief(name));
                found.push(Difference::breaking(DifferenceKind::ExportChanged, text));
            } else if name != new_name {
                let text = format!("exports `{}` in place of `{}`", brief(new_name), brief(name));
                found.push(Difference::note(DifferenceKind::ExportChanged, text));
            }
            if let Some(gained) = self.gained(*item, *new_item) {
                let text = format!("adds to the export `{}`: {gained}", brief(new_name));
                found.push(Difference::note(DifferenceKind::ExportAdded, text));
            }
        }
        let added = new.exports.keys().filter(|name| !kept.contains(name.as_str()));
        for name in added.filter(|name| !is_told(name)) {
            let text = format!("exports `{}` (new)", brief(name));
            found.push(Difference::note(DifferenceKind::ExportAdded, text));
        }
        found
    }

    /// What a host has to offer in addition, and what not any more.
    fn imports(&mut self, old: &World, new: &World) -> Vec<Difference> {
        let offered = by_name(old.imports.iter());
        let mut kept = HashSet::new();
        let mut found = Vec::new();
        for (name, item) in &new.imports {
            let Some((old_name, old_item)) = offered.get(name, &NameMapNoIntern) else {
                let text = format!("imports `{}` (new)", brief(name));
                found.push(Difference::warning(DifferenceKind::ImportAdded, text));
                continue;
            };
            kept.insert(*old_name);
            if let Some(changes) = self.changes(*old_item, *item, Side::Import) {
                let text = format!("asks for more of the import `{}`: {changes}", brief(name));
                found.push(Difference::warning(DifferenceKind::ImportChanged, text));
            }
        }
        for name in old.imports.keys().filter(|name| !kept.contains(name.as_str())) {
            let text = format!("no longer imports `{}`", brief(name));
            found.push(Difference::note(DifferenceKind::ImportRemoved, text));
        }
        found
    }

    /// What keeps one item from being used as the other: for an interface its items that do, for others the reason.
    fn changes(&mut self, old: ItemKind, new: ItemKind, side: Side) -> Option<String> {
        let types = self.types;
        let (ItemKind::Instance(old_id), ItemKind::Instance(new_id)) = (old, new) else {
            return self.mismatch(old, new, side);
        };
        let (old, new) = (&types[old_id].exports, &types[new_id].exports);
        // Callers want what there was; the component wants what it imports now.
        let (wanted, offered, missing) = match side {
            Side::Export => (old, new, "is gone"),
            Side::Import => (new, old, "is new"),
        };
        let mut changes = Vec::new();
        for (name, item) in wanted {
            let change = match (offered.get(name), side) {
                (None, _) => Some(missing.to_owned()),
                (Some(new), Side::Export) => self.mismatch(*item, *new, side),
                (Some(old), Side::Import) => self.mismatch(*old, *item, side),
            };
            changes.extend(change.map(|change| (*item, format!("`{}` {change}", brief(name)))));
        }
        listed(changes)
    }

    /// What an exported interface has and had not before.
    fn gained(&self, old: ItemKind, new: ItemKind) -> Option<String> {
        let (ItemKind::Instance(old), ItemKind::Instance(new)) = (old, new) else {
            return None;
        };
        let old = &self.types[old].exports;
        let gained = self.types[new]
            .exports
            .iter()
            .filter(|(name, _)| !old.contains_key(*name));
        listed(
            gained
                .map(|(name, item)| (*item, format!("`{}`", brief(name))))
                .collect(),
        )
    }

    /// Why the type of an item will not do where that of the old release did, if it will not.
    fn mismatch(&mut self, old: ItemKind, new: ItemKind, side: Side) -> Option<String> {
        // A new one each time: after an error it can be left inverted.
        let mut checker = SubtypeChecker::new(&mut self.passed);
        let checked = match side {
            Side::Export => checker.is_subtype(new, self.types, old, self.types),
            Side::Import => {
                // So that its reasons say that what the old release had is expected, and what the new one has found.
                checker.invert();
                checker.is_subtype(old, self.types, new, self.types)
            }
        };
        checked.err().map(|error| reason(&format!("{error:#}")))
    }
}

/// Items by name, where an interface is found by every compatible version.
fn by_name<'a>(items: impl Iterator<Item = (&'a String, &'a ItemKind)>) -> NameMap<String, (&'a str, ItemKind)> {
    let mut map = NameMap::default();
    for (name, item) in items {
        // It fails where shadowing is not allowed, and names are unique in a component.
        let _ = map.insert(name, &mut NameMapNoIntern, true, (name.as_str(), *item));
    }
    map
}

/// The first few of these items, and how many more there are.
fn listed(items: Vec<(ItemKind, String)>) -> Option<String> {
    // A changed type is told by the functions that use it.
    let has_functions = items.iter().any(|(item, _)| matches!(item, ItemKind::Func(_)));
    let told = |item: &ItemKind| !has_functions || !matches!(item, ItemKind::Type(_));
    let mut texts: Vec<String> = items
        .into_iter()
        .filter(|(item, _)| told(item))
        .map(|(_, text)| text)
        .collect();
    let more = texts.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        texts.truncate(MAX_NAMED);
        texts.push(format!("{more} more"));
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// The checker's reason without what goes without saying.
fn reason(text: &str) -> String {
    let text = text
        .replace("mismatched type for ", "")
        .replace("function parameter", "parameter")
        .replace("function result", "result");
    format!("({})", brief(&text))
}

/// A text that has to leave room for others in the same line.
fn brief(text: &str) -> String {
    const MOST: usize = 100;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Severity;

    #[test]
    fn a_panic_is_a_warning() {
        let found = readable(|| panic!("a type that nobody makes"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, DifferenceKind::Unreadable);
        assert_eq!(found[0].severity, Severity::Warning);
    }
}
