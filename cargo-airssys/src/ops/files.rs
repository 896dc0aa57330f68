//! Reading and writing files so that an error names the file, and so that nothing is left half-written.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::bounded;
use crate::exit::Failure;

/// Reads a file that a person named and that is as large as a component at most.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    bounded::read(path, bounded::MAX_COMPONENT).map_err(|error| unreadable(path, &error).into())
}

/// Reads a text: what a person writes, and no program makes large.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<Vec<u8>> {
    bounded::read(path, bounded::MAX_TEXT).map_err(|error| unreadable(path, &error).into())
}

/// Writes a file aside and renames it, so that a reader sees the old content or the new.
pub(crate) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let attempt = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(content)?;
        file.persist(path)?;
        Ok(())
    };
    attempt().with_context(|| format!("{} could not be written", path.display()))
}

/// Whether nothing is in the way of a new folder: there is none, or an empty one.
pub(crate) fn is_free(folder: &Path) -> bool {
    match fs::symlink_metadata(folder) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) => found.is_dir() && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()),
    }
}

/// The paths of all files below `folder`, in order.
pub(crate) fn below(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                found.push(path.strip_prefix(folder)?.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let (code, help) = match error.kind() {
        io::ErrorKind::NotFound => ("missing-file", "name a file that exists and that you may read"),
        io::ErrorKind::FileTooLarge => (
            "oversized-file",
            "name a smaller file, or take out of it what is not needed",
        ),
        _ => ("unreadable-file", "name a regular file that you may read"),
    };
    let message = format!("{} cannot be read: {error}", path.display());
    Failure::usage(code, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_free_when_it_is_absent_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_free(folder.path()));
        assert!(is_free(&folder.path().join("absent")));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(!is_free(folder.path()));
        assert!(!is_free(&folder.path().join("file")));
    }

    #[test]
    fn files_are_found_in_folders_of_folders() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b/c/d", "b/a", "a"] {
            write(&folder.path().join(path), b"").unwrap();
        }
        assert_eq!(below(folder.path()).unwrap(), ["a", "b/a", "b/c/d"]);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("/nowhere/a.wasm")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/a.wasm"), "{error}");
    }
}
