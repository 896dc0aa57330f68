//! Folders of toolchains that nothing uses any more.

use std::fs::{self, File};
use std::path::Path;

use super::cache;
use crate::toolchain::error::StepError;
use crate::toolchain::{Leftover, Silent};

/// What is left over: folders of killed processes, of another recipe, damaged ones, and those behind the newest.
pub(in crate::toolchain) fn leftovers(cache: &Path) -> Vec<Leftover> {
    let folder = cache::folder(cache);
    // What is being made is not left over.
    if is_busy(&folder) {
        return Vec::new();
    }
    list(&folder)
}

/// Removes what is left over; waits until nobody is making a toolchain.
pub(in crate::toolchain) fn remove_leftovers(cache: &Path) -> Result<(), StepError> {
    let folder = cache::folder(cache);
    let _lock = cache::lock(&folder, &Silent)?;
    for leftover in list(&folder) {
        let path = &leftover.path;
        fs::remove_dir_all(path).map_err(StepError::file("remove", path))?;
    }
    Ok(())
}

fn list(folder: &Path) -> Vec<Leftover> {
    let finished = cache::finished(folder);
    let newest = finished.iter().rev().find(|(path, _)| cache::is_whole(path));
    let reason = |path: &Path| {
        let name = path.file_name()?.to_string_lossy();
        if name.starts_with(cache::UNFINISHED) {
            return Some("its making was cut off");
        }
        let path = fs::canonicalize(path).ok()?;
        match finished.iter().find(|(finished, _)| *finished == path) {
            None => Some("another version of this program made it"),
            Some(_) if !cache::is_whole(&path) => Some("it is damaged"),
            Some(_) if newest.is_some_and(|(newest, _)| *newest != path) => Some("a newer one is used"),
            Some(_) => None,
        }
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<Leftover> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| {
            let path = entry.path();
            reason(&path).map(|reason| Leftover { path, reason })
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether a process is making a toolchain at this moment.
fn is_busy(folder: &Path) -> bool {
    File::open(folder.join(cache::LOCK)).is_ok_and(|file| file.try_lock_shared().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(folders: &[&str]) -> tempfile::TempDir {
        let cache = tempfile::tempdir().unwrap();
        for folder in folders {
            fs::create_dir_all(cache.path().join("toolchain").join(folder)).unwrap();
        }
        fs::write(cache.path().join("toolchain/lock"), "").unwrap();
        cache
    }

    #[test]
    fn what_nothing_uses_is_found_and_removed() {
        let cache = cache_with(&[".unfinished-x/root", "1.90.0-r0"]);
        let found: Vec<_> = leftovers(cache.path()).into_iter().map(|left| left.reason).collect();
        assert_eq!(
            found,
            ["its making was cut off", "another version of this program made it"]
        );
        remove_leftovers(cache.path()).unwrap();
        assert!(leftovers(cache.path()).is_empty());
        let left: Vec<_> = fs::read_dir(cache.path().join("toolchain")).unwrap().collect();
        assert_eq!(left.len(), 1, "the lock stays");
    }

    #[test]
    fn what_is_being_made_is_not_left_over() {
        let cache = cache_with(&[".unfinished-x"]);
        let lock = File::open(cache.path().join("toolchain/lock")).unwrap();
        lock.lock().unwrap();
        assert!(leftovers(cache.path()).is_empty());
        drop(lock);
        assert_eq!(leftovers(cache.path()).len(), 1);
    }

    #[test]
    fn a_cache_without_toolchains_has_no_leftovers() {
        let cache = tempfile::tempdir().unwrap();
        assert!(leftovers(cache.path()).is_empty());
        assert_eq!(cache.path().read_dir().unwrap().count(), 0);
    }
}
