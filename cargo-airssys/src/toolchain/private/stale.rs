//! Folders of toolchains that nothing uses any more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::cache;
use crate::toolchain::error::StepError;
use crate::toolchain::{Leftover, Silent};

/// What is left over: folders of killed processes, and of this recipe the damaged ones and those behind the newest.
pub(in crate::toolchain) fn leftovers(cache: &Path) -> Vec<Leftover> {
    let folder = cache::folder(cache);
    // What is being made is not left over.
    if is_busy(&folder) {
        return Vec::new();
    }
    list(&folder)
}

/// What another version of this program made, which may be installed beside this one and use it.
pub(in crate::toolchain) fn of_others(cache: &Path) -> Vec<PathBuf> {
    let folder = cache::folder(cache);
    let finished = cache::finished(&folder);
    let is_other = |path: &PathBuf| {
        let is_finished = fs::canonicalize(path).is_ok_and(|path| finished.iter().any(|(known, _)| *known == path));
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !is_finished && !is_hidden && !cache::is_of_this_recipe(path)
    };
    let mut found: Vec<PathBuf> = folders(&folder).filter(is_other).collect();
    found.sort();
    found
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
            None => cache::is_of_this_recipe(&path).then_some("it is damaged"),
            Some(_) if !cache::is_whole(&path) => Some("it is damaged"),
            Some(_) if newest.is_some_and(|(newest, _)| *newest != path) => Some("a newer one is used"),
            Some(_) => None,
        }
    };
    let mut found: Vec<Leftover> = folders(folder)
        .filter_map(|path| reason(&path).map(|reason| Leftover { path, reason }))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
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
        let cache = cache_with(&[".unfinished-x/root", "1.90.0-r0", "1.90.0-r1", ".hidden"]);
        let found: Vec<_> = leftovers(cache.path()).into_iter().map(|left| left.reason).collect();
        assert_eq!(found, ["its making was cut off", "it is damaged"]);
        remove_leftovers(cache.path()).unwrap();
        assert!(leftovers(cache.path()).is_empty());
        let folder = cache.path().join("toolchain");
        let mut left: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".hidden", "1.90.0-r0", "lock"]);
        assert_eq!(
            of_others(cache.path()),
            [folder.join("1.90.0-r0")],
            "it may be in use by another version"
        );
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
