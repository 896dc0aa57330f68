//! The rules of the workspace that a compiler does not check.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bindings;
mod contract;
mod copies;
mod documents;
mod layers;
mod licences;
mod sources;

use std::path::{Path, PathBuf};

use airssys_wasm_tests::workspace;

/// A file of the workspace: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Whether a program wrote it.
    fn is_generated(&self) -> bool {
        Path::new(&self.path).starts_with(bindings::FOLDER)
    }
}

/// Every Rust file under these folders, sorted by path.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&workspace().join(folder), &mut found);
    }
    found.sort();
    found.dedup();
    let read = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(workspace()).unwrap().display().to_string(),
    };
    found.into_iter().map(read).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        // Links lead to files that are found at their own place.
        if entry.file_type().unwrap().is_symlink() || entry.file_name() == "target" {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Fails with every problem at once.
fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
