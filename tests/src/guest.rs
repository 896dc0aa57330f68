//! The guests, built from `tests/guests` when a test first asks for one.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::{target, workspace};
use cargo_airssys::toolchain::{self, BuildOptions, Profile, Progress};

/// The bytes of the guest in `tests/guests/<name>`.
pub fn guest(name: &str) -> Vec<u8> {
    let path = guest_path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A guest with other bytes that does the same: it has one more custom section, which says the number.
pub fn edition(name: &str, number: u8) -> Vec<u8> {
    let mut bytes = guest(name);
    bytes.extend_from_slice(b"\0\x09\x07edition");
    bytes.push(number);
    bytes
}

/// The built guest of `tests/guests/<name>`.
pub fn guest_path(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| build(BuildOptions::default()));
    let library = folder.join(format!("{}.wasm", name.replace('-', "_")));
    let command = folder.join(format!("{name}.wasm"));
    if library.exists() { library } else { command }
}

/// The guest that traps, as its author debugs it: built with the dev profile.
pub fn dev_guest_path() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let options = || BuildOptions {
        package: Some("traps".into()),
        profile: Profile::Dev,
        ..BuildOptions::default()
    };
    FOLDER.get_or_init(|| build(options())).join("traps.wasm")
}

/// Builds guests; returns at once when nothing has changed.
fn build(options: BuildOptions) -> PathBuf {
    let toolchain = toolchain::provide_in_user_cache(&Plain).unwrap_or_else(|error| panic!("{error}"));
    let options = BuildOptions {
        target_dir: Some(target().join("guests")),
        ..options
    };
    let built = toolchain::build(&workspace().join("tests/guests"), &toolchain, &options, &Plain);
    let built = built.unwrap_or_else(|error| panic!("the guests could not be built: {error}"));
    let first = built.artifacts.first().expect("there are guests");
    first.path.parent().expect("an artifact is in a folder").to_owned()
}

/// Progress in plain lines on standard error, which the test runner shows when a test fails.
struct Plain;

impl Progress for Plain {
    #[expect(clippy::print_stderr, reason = "the test runner captures it")]
    fn step(&self, text: &str) {
        eprintln!("{text}");
    }

    #[expect(clippy::print_stderr, reason = "the test runner captures it")]
    fn output(&self, text: &str) {
        eprintln!("{text}");
    }
}
