//! Looks at everything, and puts right what can be.

use super::check::{Check, Place, Repair};
use super::{LANGUAGES, MACHINE};
use crate::exit::sentence;
use crate::toolchain::Progress;

/// Looks at everything and changes nothing.
pub(crate) fn examine(place: &Place) -> Vec<Check> {
    LANGUAGES.iter().chain(MACHINE).flat_map(|look| look(place)).collect()
}

/// What came of putting one thing right.
pub(crate) struct Repaired {
    /// The name of its check.
    pub(crate) name: &'static str,
    /// Why it failed, if it did.
    pub(crate) failed: Option<String>,
}

/// Puts right what was found wrong, one after the other; one that fails does not keep the next from being tried.
pub(crate) fn repair(checks: Vec<Check>, progress: &dyn Progress) -> Vec<Repaired> {
    let repairable = checks.into_iter().filter_map(|check| {
        let remedy = check.remedy?;
        Some((check.name, remedy.text, remedy.repair?))
    });
    let run = |(name, text, repair): (&'static str, String, Repair)| {
        progress.step(&text);
        Repaired {
            name,
            failed: repair(progress).err().map(|error| sentence(&error)),
        }
    };
    repairable.map(run).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::ops::state::StatePlace;
    use crate::toolchain::Silent;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place {
            folder: folder.path().to_owned(),
            cache: Some(folder.path().join("cache")),
            language: None,
            state: StatePlace::locate(None, folder.path()),
        };
        let mut names: Vec<_> = examine(&place).iter().map(|check| check.name).collect();
        assert!(
            names.len() > 10 && names.iter().all(|name| name.contains('.')),
            "{names:?}"
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), examine(&place).len());
        let made: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert!(made.is_empty(), "looking makes nothing: {made:?}");
    }

    #[test]
    fn one_repair_that_fails_does_not_keep_the_next_from_being_tried() {
        static DONE: Mutex<Vec<&str>> = Mutex::new(Vec::new());
        let note = |name| {
            DONE.lock().unwrap().push(name);
            Ok(())
        };
        let checks = vec![
            Check::missing("a.a", "").repair("make a", |_| anyhow::bail!("no room")),
            Check::missing("a.b", "").advise("do it yourself"),
            Check::ok("a.c", ""),
            Check::limited("a.d", "").repair("make d", move |_| note("d")),
        ];
        let repaired = repair(checks, &Silent);
        let told: Vec<_> = repaired.iter().map(|one| (one.name, one.failed.as_deref())).collect();
        assert_eq!(told, [("a.a", Some("no room")), ("a.d", None)]);
        assert_eq!(*DONE.lock().unwrap(), ["d"]);
    }
}
