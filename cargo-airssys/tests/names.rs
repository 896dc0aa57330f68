//! The two names of the program.
//!
//! This test also makes `cargo test --workspace` build both programs: cargo builds the binaries of a package for its
//! integration tests, and `program()` of the tests' crate finds them where cargo leaves them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Stdio};

const AIRSSYS_WASM: &str = env!("CARGO_BIN_EXE_airssys-wasm");
const CARGO_AIRSSYS: &str = env!("CARGO_BIN_EXE_cargo-airssys");

fn check(program: &str, arguments: &[&str], answer: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(&folder)
        .env_remove("AIRSSYS_STATE_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    assert!(said.starts_with(answer), "{program} {arguments:?}: {said}");
}

#[test]
fn both_programs_tell_their_version() {
    let version = concat!("airssys-wasm ", env!("CARGO_PKG_VERSION"));
    check(AIRSSYS_WASM, &["--version"], version);
    check(CARGO_AIRSSYS, &["--version"], version);
    check(CARGO_AIRSSYS, &["airssys", "--version"], version);
}

#[test]
fn both_programs_accept_the_word_that_cargo_passes() {
    let nothing = "Nothing is deployed in ";
    check(AIRSSYS_WASM, &["status"], nothing);
    check(AIRSSYS_WASM, &["airssys", "status"], nothing);
    check(CARGO_AIRSSYS, &["airssys", "status"], nothing);
}

#[test]
fn both_programs_are_compilers_for_their_own_host() {
    for program in [AIRSSYS_WASM, CARGO_AIRSSYS] {
        let mut compiler = Command::new(program);
        let output = compiler
            .arg(airssys_wasm::COMPILE_ARGUMENT)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.stdout.starts_with(b"airssys-compile"), "{program}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "there is no host");
        assert!(output.stderr.is_empty());
    }
}
