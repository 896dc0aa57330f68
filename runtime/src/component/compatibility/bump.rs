//! Whether the new version says enough about what has changed, by Semantic Versioning.

use std::cmp::Ordering;

use semver::Version;

use super::difference::{Difference, DifferenceKind, Severity};

/// What is to be said of the move from `old` to `new`, given the other differences.
pub(super) fn difference(old: &Version, new: &Version, found: &[Difference], strict: bool) -> Option<Difference> {
    if is_anonymous(old) || is_anonymous(new) {
        return None;
    }
    match new.cmp_precedence(old) {
        // Development versions differ in their build metadata alone, which says nothing about the change.
        Ordering::Equal => None,
        Ordering::Less => {
            let text = format!("{new} is lower than {old}");
            Some(Difference::note(DifferenceKind::VersionLower, text))
        }
        Ordering::Greater => too_small(old, new, found, strict),
    }
}

/// A bare file that names no version; see [`crate::component::version::anonymous_version`].
fn is_anonymous(version: &Version) -> bool {
    numbers(version) == (0, 0, 0) && !version.build.is_empty()
}

fn too_small(old: &Version, new: &Version, found: &[Difference], strict: bool) -> Option<Difference> {
    let breaks = found
        .iter()
        .any(|difference| difference.severity == Severity::Breaking);
    let adds = found.iter().any(|difference| is_addition(difference.kind));
    let needed = match (breaks, adds) {
        // A pre-release promises nothing to the versions after it.
        _ if !old.pre.is_empty() => return None,
        (true, _) => after_break(old),
        (false, true) => after_addition(old),
        (false, false) => return None,
    };
    // 2.0.0-rc.1 comes before 2.0.0 and announces the same.
    if numbers(new) >= numbers(&needed) {
        return None;
    }
    let text = format!("{new} is too small for this change: {needed} at least");
    let make = if breaks && strict { Difference::breaking } else { Difference::warning };
    Some(make(DifferenceKind::VersionTooSmall, text))
}

fn is_addition(kind: DifferenceKind) -> bool {
    matches!(
        kind,
        DifferenceKind::ExportAdded
            | DifferenceKind::ImportAdded
            | DifferenceKind::ImportChanged
            | DifferenceKind::CapabilityAdded
            | DifferenceKind::StateGained
    )
}

/// The smallest version that is not compatible with `old`.
fn after_break(old: &Version) -> Version {
    match numbers(old) {
        (0, 0, patch) => Version::new(0, 0, patch.saturating_add(1)),
        (0, minor, _) => Version::new(0, minor.saturating_add(1), 0),
        (major, ..) => Version::new(major.saturating_add(1), 0, 0),
    }
}

/// The smallest version that may have more than `old`.
fn after_addition(old: &Version) -> Version {
    match numbers(old) {
        (0, minor, patch) => Version::new(0, minor, patch.saturating_add(1)),
        (major, minor, _) => Version::new(major, minor.saturating_add(1), 0),
    }
}

fn numbers(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}
