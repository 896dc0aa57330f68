//! Comparing two releases: their types, their settings, and whether the version says enough.

use std::cmp::Reverse;

use super::difference::Compatibility;
use super::{bump, settings, types};
use crate::component::kind::STATE;
use crate::component::release::Release;

/// The most differences that are kept.
const MAX_DIFFERENCES: usize = 1_000;

/// Says what changes for callers and operators when a component moves from `old` to `new`, each a release and its
/// bytes.
///
/// A version that is too small for a breaking change is itself breaking when `strict_versions`, and a warning
/// otherwise: in a project's own development state, where versions are raised when something is published.
///
/// Releases with the same digest have the same types, so that their bytes are not read.
/// Bytes that cannot be read are a warning among the differences, and nothing is known of their types.
pub fn compare(old: (&Release, &[u8]), new: (&Release, &[u8]), strict_versions: bool) -> Compatibility {
    let ((old, old_bytes), (new, new_bytes)) = (old, new);
    let mut differences = Vec::new();
    if old.digest != new.digest {
        // The state interface coming or going is told by its consequence.
        let told = (old.has_state != new.has_state).then_some(STATE);
        differences.extend(types::differences(old_bytes, new_bytes, told));
    }
    differences.extend(settings::differences(old, new));
    let version = bump::difference(&old.version, &new.version, &differences, strict_versions);
    differences.extend(version);
    differences.sort_by_key(|difference| Reverse(difference.severity));
    differences.truncate(MAX_DIFFERENCES);
    Compatibility { differences }
}
