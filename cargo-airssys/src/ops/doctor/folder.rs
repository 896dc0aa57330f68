//! Whether a folder can be written.

use std::path::Path;

pub(super) use crate::toolchain::folder_size as size;

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
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_writable_where_it_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_writable(&folder.path().join("a/b")));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(!is_writable(&folder.path().join("file/a")));
    }
}
