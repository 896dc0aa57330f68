//! What is checked in as a copy is what it was copied from.

use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

use super::report;
use airssys_wasm_tests::workspace;

/// The package that generated Go imports: the generator's crate has it, but not where a program finds it.
const GO_RUNTIME: &str = "cargo-airssys/src/ops/bindings/go_runtime";

#[test]
fn the_runtime_of_go_is_that_of_the_generator() {
    let metadata = MetadataCommand::new()
        .current_dir(workspace())
        .other_options(["--locked".to_owned()])
        .exec()
        .unwrap();
    let generator = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "wit-bindgen-go")
        .unwrap();
    let original = generator
        .manifest_path
        .parent()
        .unwrap()
        .join("src/pkg")
        .into_std_path_buf();
    let copy = workspace().join(GO_RUNTIME);
    let mut problems = Vec::new();
    for path in files(&copy) {
        if std::fs::read(original.join(&path)).ok() != std::fs::read(copy.join(&path)).ok() {
            problems.push(format!(
                "{GO_RUNTIME}/{} is not {}",
                path.display(),
                original.join(&path).display()
            ));
        }
    }
    for path in files(&original.join("wit")) {
        if !copy.join("wit").join(&path).is_file() {
            problems.push(format!("{GO_RUNTIME}/wit/{} is missing", path.display()));
        }
    }
    report(problems);
}

/// The paths of all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in inner.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{}", folder.display());
    found
}
