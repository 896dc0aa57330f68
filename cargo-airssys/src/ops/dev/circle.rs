//! Tells a build that changes its own sources from a person who does.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// So many builds in a row, each of which found the same files changed while the one before ran, are hardly a person's
/// doing.
const MOST: u32 = 10;

/// A change is noticed a little after it was made.
const NOTICED: Duration = Duration::from_millis(50);

/// How long nobody must change the files before the build is put to the test.
const QUIET: Duration = Duration::from_secs(2);

/// What made a component be built again and again.
#[derive(Debug, Default)]
pub(super) struct Circle {
    /// The files because of which it was built last.
    changed: BTreeSet<PathBuf>,
    /// When its last build to the end had ended.
    ended: Option<Instant>,
    rounds: u32,
    /// Whether the last build is the one that decides.
    is_tested: bool,
}

/// When files were seen to change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// First.
    pub(super) first: Instant,
    /// Last.
    pub(super) last: Instant,
}

/// Whether a component is built because of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is.
    Build,
    /// It is from this time on, when the files stay as they are until then.
    Wait(Instant),
    /// It is not: the build itself has changed the files.
    Leave,
}

impl Circle {
    /// A build has come to its end by itself.
    pub(super) fn ended(&mut self, now: Instant) {
        self.ended = Some(now);
    }

    /// Whether to build because of changes to these files.
    pub(super) fn judge(&mut self, changed: &BTreeSet<PathBuf>, seen: Seen, now: Instant) -> Verdict {
        let was_during = self.ended.is_some_and(|ended| seen.first <= ended + NOTICED);
        if !was_during || *changed != self.changed {
            *self = Self {
                changed: changed.clone(),
                ..Self::default()
            };
            return Verdict::Build;
        }
        if self.is_tested {
            return Verdict::Leave;
        }
        if self.rounds < MOST {
            self.rounds += 1;
            return Verdict::Build;
        }
        let quiet = seen.last + QUIET;
        if now < quiet {
            return Verdict::Wait(quiet);
        }
        // Nobody has written since the last build, so that whatever changes now is this build's doing.
        self.is_tested = true;
        Verdict::Build
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

    fn seen(at: Instant) -> Seen {
        Seen { first: at, last: at }
    }

    #[test]
    fn a_build_that_changes_its_sources_each_time_comes_to_an_end() {
        let (mut circle, mut now, mut builds) = (Circle::default(), Instant::now(), 0);
        let changed = files(&["made.rs"]);
        let mut at = now;
        loop {
            match circle.judge(&changed, seen(at), now) {
                Verdict::Build => {
                    builds += 1;
                    at = now + Duration::from_millis(5);
                    now += Duration::from_millis(10);
                    circle.ended(now);
                }
                Verdict::Wait(until) => now = until,
                Verdict::Leave => break,
            }
        }
        assert_eq!(builds, 12);
        // Somebody saves another file, or asks for it.
        let later = now + QUIET;
        assert_eq!(circle.judge(&files(&["lib.rs"]), seen(later), later), Verdict::Build);
        circle.leave();
        assert_eq!(circle.judge(&changed, seen(at), now), Verdict::Build);
    }

    #[test]
    fn a_person_who_saves_during_each_build_has_the_last_save_built() {
        let (mut circle, mut now) = (Circle::default(), Instant::now());
        let changed = files(&["lib.rs"]);
        for _ in 0..30 {
            let at = now;
            if let Verdict::Wait(until) = circle.judge(&changed, seen(at), now) {
                assert_eq!(circle.judge(&changed, seen(at), until), Verdict::Build);
                return;
            }
            now += Duration::from_secs(1);
            circle.ended(now);
        }
        unreachable!("it waits for a pause");
    }

    #[test]
    fn saving_the_same_file_between_builds_goes_on() {
        let (mut circle, mut now) = (Circle::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(circle.judge(&files(&["lib.rs"]), seen(now), now), Verdict::Build);
            circle.ended(now + Duration::from_secs(1));
            now += Duration::from_secs(2);
        }
    }
}
