//! The workspace, and the programs it builds.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
}

/// The folder into which cargo builds, wherever that is.
pub fn target() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    tests
        .ancestors()
        .nth(3)
        .expect("a test is in target/<profile>/deps")
        .to_owned()
}

/// The program of this name, as `cargo test --workspace` has just built it.
pub fn program(name: &str) -> PathBuf {
    let path = target().join("debug").join(name);
    assert!(path.exists(), "{} is missing: run `cargo build` first", path.display());
    path
}
