//! The command line of airssys-wasm: create, build, deploy and call components.
//!
//! A tour:
//! - [`run`] is the whole program; both binaries call it with the name they were started under.
//! - `commands` has one file for each verb and the one list of them; a verb reads its arguments and says what happened.
//! - `ops` is what verbs share: it knows nothing of arguments and prints nothing.
//! - `shell` is the only place that prints.
//! - `exit` has the exit codes, and turns every error into one `error:` and one `help:` line.
//! - [`toolchain`] finds what builds components of Rust, and builds them; the tests use it as well.
//! - [`tools`] finds what other languages are built with, or installs it in a folder of this user.

mod bounded;
mod commands;
mod exit;
mod ops;
mod shell;
pub mod toolchain;
pub mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::commands::line;
use crate::exit::Exit;
use crate::shell::Shell;

/// Runs the command line and returns its exit code.
///
/// `program` is how the person calls it, for the help: `airssys-wasm` or `cargo airssys`.
/// `args` starts with the path of the program; the word `airssys`, which cargo passes first, is skipped.
/// A host that runs in this program starts it again to compile components: that is no verb and has no options.
pub fn run(program: &'static str, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = line::without_subcommand(args.into_iter().collect());
    if line::is_for_compiler(&args) {
        return airssys_wasm::compile_child();
    }
    let outcome = line::parse(program, &args);
    let (shell, outcome) = match outcome {
        Ok(line) => (line.context.shell.clone(), (line.verb)(&line.matches, &line.context)),
        Err(line::Unparsed::Shown(text, exit)) => {
            // Nobody is left to tell when the help cannot be printed.
            let _ = Shell::show(&text, exit);
            return exit.into();
        }
        Err(line::Unparsed::Refused(shell, error)) => (shell, Err(error)),
    };
    match outcome {
        Ok(()) => Exit::Ok.into(),
        Err(error) => {
            let failure = exit::explain(&error, program);
            shell.failure(&failure);
            failure.exit.into()
        }
    }
}
