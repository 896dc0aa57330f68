//! The folder of what can be made again: whether it can be written, how large it is, and what is left over in it.

use std::path::Path;

use super::check::{Check, Place};
use super::folder;
use crate::shell::{counted, size};
use crate::toolchain;

pub(super) fn look(place: &Place) -> Vec<Check> {
    match &place.cache {
        None => vec![
            Check::missing("cache.folder", "neither XDG_CACHE_HOME nor HOME names a folder")
                .advise("set HOME to a folder of your own"),
        ],
        Some(cache) => vec![of_folder(cache), of_leftovers(cache)],
    }
}

fn of_folder(cache: &Path) -> Check {
    let name = "cache.folder";
    let shown = cache.display();
    if !folder::is_writable(cache) {
        return Check::missing(name, format!("{shown} cannot be written"))
            .advise("make it writable for yourself, or name another with XDG_CACHE_HOME");
    }
    if cache.is_dir() {
        Check::ok(name, format!("{shown}, {}", size(folder::size(cache))))
    } else {
        Check::later(name, format!("{shown} is made when it is first needed"))
    }
}

fn of_leftovers(cache: &Path) -> Check {
    let name = "cache.leftovers";
    let leftovers = toolchain::leftovers(cache);
    let others = of_others(cache);
    if leftovers.is_empty() {
        return Check::ok(name, format!("no toolchain is left over{others}"));
    }
    let total = leftovers.iter().map(|leftover| folder::size(&leftover.path)).sum();
    let told: Vec<String> = leftovers
        .iter()
        .map(|leftover| format!("{} ({})", leftover.path.display(), leftover.reason))
        .collect();
    let found = format!(
        "{} left over, {}: {}{others}",
        counted(told.len(), "toolchain"),
        size(total),
        told.join(", ")
    );
    let cache = cache.to_owned();
    Check::limited(name, found).repair(format!("remove them, which frees {}", size(total)), move |_| {
        toolchain::remove_leftovers(&cache).map_err(anyhow::Error::from_boxed)
    })
}

/// What another version of this program made is named, and left to that one.
fn of_others(cache: &Path) -> String {
    let others = toolchain::toolchains_of_others(cache);
    if others.is_empty() {
        return String::new();
    }
    let total = others.iter().map(|path| folder::size(path)).sum();
    let paths: Vec<String> = others.iter().map(|path| path.display().to_string()).collect();
    format!(
        "; {} of another version of this program, {}: {}",
        counted(others.len(), "toolchain"),
        size(total),
        paths.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Status;
    use crate::toolchain::Silent;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_left_over_is_told_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let left = cache.path().join("toolchain/.unfinished-x");
        std::fs::create_dir_all(&left).unwrap();
        std::fs::write(left.join("half"), [0; 2048]).unwrap();
        let check = of_leftovers(cache.path());
        assert_eq!(check.status, Status::Limited);
        assert!(
            check.found.starts_with("1 toolchain left over, 2.0 KiB: ")
                && check.found.ends_with(".unfinished-x (its making was cut off)"),
            "{}",
            check.found
        );
        check.remedy.unwrap().repair.unwrap()(&Silent).unwrap();
        assert!(!left.exists());
        assert_eq!(of_leftovers(cache.path()).status, Status::Ok);
        std::fs::create_dir_all(cache.path().join("toolchain/1.90.0-r0")).unwrap();
        let check = of_leftovers(cache.path());
        assert!(check.remedy.is_none(), "it may be in use");
        assert!(
            check
                .found
                .contains("; 1 toolchain of another version of this program, 0 B: ")
                && check.found.ends_with("1.90.0-r0"),
            "{}",
            check.found
        );
    }
}
