//! How large a folder is.

use std::fs;
use std::path::Path;

/// The bytes of all files below a folder; links are not followed.
pub(crate) fn size(folder: &Path) -> u64 {
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
}
