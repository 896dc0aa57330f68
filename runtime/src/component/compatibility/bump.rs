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
    let breaks = found.iter().any(|difference| difference.severity == Severity::Breaking);
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
    let make = if breaks && strict {
        Difference::breaking
    } else {
        Difference::warning
    };
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

#[cfg(test)]
mod tests {
    use semver::Version;

    use crate::component::compatibility::compare;
    use crate::component::compatibility::tests::{lines, release};
    use crate::component::development_version;

    /// What a change has in it, for the table of versions.
    #[derive(Clone, Copy, Debug)]
    enum Change {
        Break,
        Addition,
        Limit,
    }

    /// What is said of the version of a release that changes this.
    fn version_line(old: &str, new: &str, change: Change, strict: bool) -> Option<String> {
        let (mut old, mut new) = (release(old, b""), release(new, b""));
        match change {
            Change::Break => old.has_state = true,
            Change::Addition => new.requests.storage = vec!["orders".into()],
            Change::Limit => new.limits.fuel = 5,
        }
        let found = lines(&compare((&old, b""), (&new, b""), strict));
        let mut versions = found.into_iter().filter(|line| line.contains(" version-"));
        let line = versions.next();
        assert_eq!(versions.next(), None);
        line
    }

    #[test]
    fn a_version_says_enough_about_the_change() {
        use Change::{Addition, Break, Limit};
        let fits = |old: &str, new: &str, change| {
            assert_eq!(version_line(old, new, change, true), None, "{old} {new} {change:?}")
        };
        let too_small = |old, new, change, needed: &str| {
            let severity = if matches!(change, Break) { "breaking" } else { "warning" };
            let text = format!("version-too-small: {new} is too small for this change: {needed} at least");
            assert_eq!(version_line(old, new, change, true), Some(format!("{severity} {text}")));
            assert_eq!(version_line(old, new, change, false), Some(format!("warning {text}")));
            fits(old, needed, change);
        };
        too_small("1.2.0", "1.2.1", Break, "2.0.0");
        too_small("1.2.0", "1.3.0", Break, "2.0.0");
        too_small("0.3.0", "0.3.1", Break, "0.4.0");
        too_small("1.2.0", "1.2.1", Addition, "1.3.0");
        too_small("1.2.0+dev.3", "1.2.1+dev.1", Addition, "1.3.0");
        too_small("1.2.0", "1.3.0-rc.1", Break, "2.0.0");
        for (old, new) in [
            ("1.2.0", "2.0.0"),
            ("0.3.0", "0.4.0"),
            ("0.0.1", "0.0.2"),
            ("0.3.0", "1.0.0"),
        ] {
            fits(old, new, Break);
        }
        for (old, new) in [
            ("1.2.0", "1.3.0"),
            ("1.2.0", "2.0.0"),
            ("0.3.0", "0.3.1"),
            ("0.0.1", "0.0.2"),
        ] {
            fits(old, new, Addition);
        }
        fits("1.2.0", "1.2.1", Limit);
        // The pre-release announces what the version it precedes does, and promises nothing itself.
        fits("1.2.0", "2.0.0-rc.1", Break);
        fits("2.0.0-rc.1", "2.0.0-rc.2", Break);
        fits("2.0.0-rc.1", "2.0.0", Break);
    }

    #[test]
    fn versions_that_say_nothing_are_not_judged() {
        let bare = "0.0.0+1a2b3c4d";
        for (old, new) in [
            ("1.2.0", "1.2.0"),
            ("1.2.0+dev.3", "1.2.0+dev.4"),
            (bare, "0.0.1"),
            ("1.2.0", bare),
            (bare, "0.0.0+5e6f7a8b"),
        ] {
            assert_eq!(version_line(old, new, Change::Break, true), None, "{old} {new}");
        }
        let version = Version::new(1, 2, 0);
        let developed = development_version(&version, 3).to_string();
        assert_eq!(version_line("1.2.0", &developed, Change::Break, true), None);
    }

    #[test]
    fn a_lower_version_is_a_note_and_promises_nothing() {
        let lower = Some("note version-lower: 1.1.0 is lower than 1.2.0".to_owned());
        assert_eq!(version_line("1.2.0", "1.1.0", Change::Break, true), lower);
    }
}
