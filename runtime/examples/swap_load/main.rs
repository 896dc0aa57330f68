//! Calls one component without pause and without retries while it is swapped and rolled back, and counts what failed.
//!
//! `cargo run --release -p airssys-wasm --example swap_load -- --calls 1000000 --swaps 1000 --rollbacks 200`
//!
//! It ends with status 1 when a call failed, or the host counted other calls than its callers.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement ends where something fails, and prints what it found"
)]

mod arguments;
mod calls;
#[path = "../../benches/layer/encode.rs"]
mod encode;
mod latency;
mod report;
mod run;
mod swaps;

use std::process::ExitCode;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Runtime::new().expect("this machine runs Tokio");
    let report = runtime.block_on(run::run(&arguments));
    match arguments.json {
        true => println!("{}", report.to_json()),
        false => println!("{report}"),
    }
    if report.is_right() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
