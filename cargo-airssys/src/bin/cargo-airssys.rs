//! The command line as cargo calls it: `cargo airssys`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_airssys::run("cargo airssys", std::env::args_os())
}
