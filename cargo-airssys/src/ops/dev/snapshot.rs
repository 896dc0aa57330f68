//! What is in the files of a component, to see what has changed.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::bounded;
use airssys_wasm::component::Digest;

/// A larger file is told from its earlier self by size and time.
const LARGEST_READ: u64 = 64 << 20;

/// A file that was written this shortly before it was read may be written again with the same time; longer where times
/// are whole seconds, as on some network drives.
const COARSE_CLOCK: Duration = Duration::from_millis(100);
const COARSEST_CLOCK: Duration = Duration::from_secs(3);

/// The content of files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Seen>);

#[derive(Clone, Debug)]
struct Seen {
    stamp: Stamp,
    /// Whether the same stamp means the same content.
    is_settled: bool,
    digest: Option<Digest>,
}

/// What the file system says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Snapshot {
    /// Reads these files; those that have not been written since `before` are not read again.
    pub(crate) fn take(files: &[PathBuf], before: &Self) -> Self {
        let seen = files.iter().filter_map(|path| {
            // It may have gone meanwhile.
            let seen = Seen::look(path, before.0.get(path))?;
            Some((path.clone(), seen))
        });
        Self(seen.collect())
    }

    /// Adds what another has seen of files that this one does not know.
    pub(crate) fn learn(&mut self, other: Self) {
        for (path, seen) in other.0 {
            self.0.entry(path).or_insert(seen);
        }
    }

    /// The files that are new, changed or gone, in order.
    pub(crate) fn changed(&self, before: &Self) -> Vec<PathBuf> {
        let is_new = |(path, seen): &(&PathBuf, &Seen)| before.0.get(*path).is_none_or(|old| !old.is_like(seen));
        let new = self.0.iter().filter(is_new).map(|(path, _)| path.clone());
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path)).cloned();
        let mut changed: Vec<PathBuf> = new.chain(gone).collect();
        changed.sort();
        changed
    }
}

impl Seen {
    fn look(path: &Path, before: Option<&Self>) -> Option<Self> {
        let now = SystemTime::now();
        let found = fs::metadata(path).ok()?;
        let stamp = Stamp::of(&found);
        if let Some(before) = before
            && before.is_settled
            && before.stamp == stamp
        {
            return Some(before.clone());
        }
        let age = found
            .modified()
            .ok()
            .and_then(|modified| now.duration_since(modified).ok());
        let digest = match stamp.size {
            0..=LARGEST_READ => Some(Digest::of(&bounded::read(path, LARGEST_READ).ok()?)),
            _ => None,
        };
        let clock = if stamp.modified.1 == 0 {
            COARSEST_CLOCK
        } else {
            COARSE_CLOCK
        };
        Some(Self {
            stamp,
            is_settled: age.is_some_and(|age| age > clock),
            digest,
        })
    }

    fn is_like(&self, other: &Self) -> bool {
        match (&self.digest, &other.digest) {
            (None, None) => self.stamp == other.stamp,
            (one, other) => one == other,
        }
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            file: (found.dev(), found.ino()),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_without_a_change_is_none_and_a_rename_over_a_file_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two, aside] = ["one", "two", "aside"].map(|name| folder.path().join(name));
        let files = [one.clone(), two.clone()];
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        let first = Snapshot::take(&files, &Snapshot::default());
        assert_eq!(first.changed(&Snapshot::default()), files);

        fs::write(&one, "1").unwrap();
        let second = Snapshot::take(&files, &first);
        assert!(second.changed(&first).is_empty());

        // As long as before, and maybe within the same tick of the clock.
        fs::write(&one, "x").unwrap();
        let third = Snapshot::take(&files, &second);
        assert_eq!(third.changed(&second), std::slice::from_ref(&one));

        fs::write(&aside, "y").unwrap();
        fs::rename(&aside, &two).unwrap();
        let fourth = Snapshot::take(&files, &third);
        assert_eq!(fourth.changed(&third), std::slice::from_ref(&two));

        fs::remove_file(&one).unwrap();
        let last = Snapshot::take(&files, &fourth);
        assert_eq!(last.changed(&fourth), [one]);
    }
}
