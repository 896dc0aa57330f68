//! The workspace, and the programs it builds.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
}

/// The folder into which cargo builds, wherever that is: the one that cargo has marked as a cache.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a test has a path");
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.expect("a test is in cargo's target folder").to_owned()
}

/// The program of this name, as `cargo test --workspace` has just built it.
pub fn program(name: &str) -> PathBuf {
    let path = target().join("debug").join(name);
    assert!(path.exists(), "{} is missing: run `cargo build` first", path.display());
    path
}
