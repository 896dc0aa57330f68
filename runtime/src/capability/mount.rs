//! Where a guest directory is on this machine.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A directory of this machine, and the path by which guests know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) guest: String,
    /// As it was said.
    pub(crate) host: PathBuf,
    /// The same without links on the way to it, as it was when it was granted.
    /// Instances begin there and follow no link to it: one that is there since then leads elsewhere.
    pub(crate) place: PathBuf,
}

impl Mount {
    /// A directory as somebody has named it; what are links on the way to it now is resolved now.
    pub(crate) fn new(guest: impl Into<String>, host: impl Into<PathBuf>) -> Self {
        let host = host.into();
        let absolute = std::path::absolute(&host).unwrap_or_else(|_| host.clone());
        // A `/` at its end would have a link followed.
        let absolute: PathBuf = absolute.components().collect();
        let resolved = absolute.parent().zip(absolute.file_name());
        let resolved = resolved.and_then(|(way, name)| Some(without_links(way)?.join(name)));
        Self {
            guest: guest.into(),
            place: resolved.unwrap_or(absolute),
            host,
        }
    }

    /// A directory whose path was found to have no links.
    pub(crate) fn straight(guest: impl Into<String>, host: PathBuf) -> Self {
        Self {
            guest: guest.into(),
            place: host.clone(),
            host,
        }
    }
}

/// A path without links, of which the last parts may be missing; none when it leads to no place.
pub(crate) fn without_links(path: &Path) -> Option<PathBuf> {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        match fs::symlink_metadata(existing) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing.push(existing.file_name()?);
                existing = existing.parent()?;
            }
            Err(_) => return None,
        }
    }
    // A link to nowhere is no place.
    let mut found = fs::canonicalize(existing).ok()?;
    found.extend(missing.into_iter().rev());
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_on_the_way_are_resolved_and_the_last_part_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("releases/2/data")).unwrap();
        symlink("releases/2", root.join("current")).unwrap();
        symlink("data", root.join("releases/2/link")).unwrap();
        let place = |host: &str| Mount::new("/data", root.join(host)).place;
        assert_eq!(place("current/data"), root.join("releases/2/data"));
        assert_eq!(place("current/data/"), root.join("releases/2/data"));
        assert_eq!(place("current/new/deep"), root.join("releases/2/new/deep"));
        assert_eq!(place("current/link"), root.join("releases/2/link"));
        assert_eq!(place("missing"), root.join("missing"));
        assert_eq!(Mount::new("/data", "/").place, Path::new("/"));
    }
}
