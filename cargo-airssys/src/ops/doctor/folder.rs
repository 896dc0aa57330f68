//! How large a folder is, whose it is, and whether it can be written.

use std::fs;
use std::path::Path;

/// The bytes of all files below a folder; links are not followed.
pub(super) fn size(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut total = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(found) if found.is_dir() => folders.push(entry.path()),
                Ok(found) => total += found.len(),
                // It was removed meanwhile.
                Err(_) => {}
            }
        }
    }
    total
}

/// Whether this user may make files in a folder, or in the nearest one above that is there.
pub(super) fn is_writable(folder: &Path) -> bool {
    let Some(nearest) = folder.ancestors().find(|folder| folder.exists()) else {
        return false;
    };
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    nearest.is_dir() && rustix::fs::access(nearest, wanted).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_below_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [0; 100]).unwrap();
        fs::write(folder.path().join("d"), [0; 11]).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
        let link = fs::symlink_metadata(folder.path().join("a/again")).unwrap().len();
        assert_eq!(size(folder.path()), 111 + link);
    }

    #[test]
    fn a_folder_that_is_not_there_is_writable_where_it_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_writable(&folder.path().join("a/b")));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(!is_writable(&folder.path().join("file/a")));
    }
}
