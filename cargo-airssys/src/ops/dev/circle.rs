//! Tells a build that changes its own sources from a person who does.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// So many builds in a row, each of which found the same files changed while the one before ran, are no person's doing.
const MOST: u32 = 10;

/// What made a component be built again and again.
#[derive(Debug, Default)]
pub(super) struct Circle {
    changed: BTreeSet<PathBuf>,
    rounds: u32,
    /// Whether files have changed while the last build ran.
    is_disturbed: bool,
}

impl Circle {
    /// Files have changed while the component was built.
    pub(super) fn disturb(&mut self) {
        self.is_disturbed = true;
    }

    /// Whether to build because of these files; not when builds go round in a circle.
    pub(super) fn enter(&mut self, changed: &BTreeSet<PathBuf>) -> bool {
        let is_again = self.is_disturbed && *changed == self.changed;
        self.is_disturbed = false;
        self.rounds = if is_again { self.rounds + 1 } else { 0 };
        self.changed.clone_from(changed);
        self.rounds < MOST
    }

    /// Begins anew, because somebody has asked for it.
    pub(super) fn leave(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> BTreeSet<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn a_build_that_changes_its_sources_each_time_comes_to_an_end() {
        let mut circle = Circle::default();
        let builds = (0..100).take_while(|_| {
            let entered = circle.enter(&files(&["made.rs"]));
            circle.disturb();
            entered
        });
        assert_eq!(builds.count(), 10);
        // Somebody saves another file.
        circle.disturb();
        assert!(circle.enter(&files(&["made.rs", "lib.rs"])));
        circle.leave();
        assert!(circle.enter(&files(&["made.rs"])));
    }

    #[test]
    fn saving_the_same_file_between_builds_goes_on() {
        let mut circle = Circle::default();
        assert!((0..100).all(|_| circle.enter(&files(&["lib.rs"]))));
    }
}
