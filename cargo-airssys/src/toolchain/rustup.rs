//! Way 2: rustup adds the target to the toolchain in use.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::StepError;
use super::run::{QUESTION, run};
use super::rust::Toolchain;
use super::{Progress, TARGET, installed};

/// A download of 25 MB; longer than this, the next way is the better one.
const LIMIT: Duration = Duration::from_secs(120);

/// Fails where there is no rustup.
pub(super) fn check(project: &Path) -> Result<(), StepError> {
    // It names the compiler in use as well, for which it would install one.
    let mut command = Command::new("rustup");
    command.arg("--version").current_dir(project);
    let mut command = installed::question(command);
    run("rustup --version", &mut command, QUESTION)?;
    Ok(())
}

/// Adds the target to the toolchain that `project` uses.
pub(super) fn add_target(project: &Path, progress: &dyn Progress) -> Result<Toolchain, StepError> {
    // Asked first, so that no step is announced on a machine without rustup.
    check(project)?;
    progress.step(&format!("adding {TARGET} to the Rust toolchain with rustup"));
    let mut command = Command::new("rustup");
    // With a backtrace, the reason would drown in frames.
    command
        .args(["target", "add", TARGET])
        .current_dir(project)
        .env_remove("RUST_BACKTRACE");
    run(&format!("rustup target add {TARGET}"), &mut command, LIMIT)?;
    installed::find(project)
}
