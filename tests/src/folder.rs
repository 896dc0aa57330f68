//! Folders that a test copies.

use std::path::Path;

/// Copies a folder with all that is in it, and with its permissions.
pub fn copy_folder(from: &Path, to: &Path) {
    if !to.exists() {
        std::fs::create_dir(to).expect("a new folder");
        let permissions = from.metadata().expect("a folder").permissions();
        std::fs::set_permissions(to, permissions).expect("an own folder");
    }
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let copied = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copied);
        } else {
            std::fs::copy(entry.path(), copied).expect("a file");
        }
    }
}
