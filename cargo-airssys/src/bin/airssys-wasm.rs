//! The command line under its own name.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_airssys::run("airssys-wasm", std::env::args_os())
}
