//! The project's own tests, which run natively.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::exit::{Exit, Failure};
use crate::ops::build::tools;
use crate::ops::project::{Builder, Project};
use crate::ops::sdk;
use crate::toolchain::Progress;

/// What became of the native tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Native {
    /// They passed.
    Passed,
    /// They were not to run.
    Skipped,
    /// The project is not built by cargo, and its manifest does not say how its tests are run.
    None,
}

impl Native {
    /// The word for programs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::None => "none",
        }
    }
}

/// Runs `cargo test` for the project's package, or the manifest's own command; its words go to standard error as they
/// come, or, when `quiet`, with the error.
pub(crate) fn native(project: &Project, quiet: bool, progress: &dyn Progress) -> anyhow::Result<Native> {
    let (mut command, runner) = match &project.builder {
        Builder::Cargo { package } => {
            sdk::provide_to(project)?;
            let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
            let mut command = Command::new(cargo);
            command
                .args(["test", "--package", package])
                .current_dir(&project.folder);
            (command, "cargo")
        }
        Builder::Command(section) => {
            let Some(line) = &section.test else {
                return Ok(Native::None);
            };
            let programs = tools::provide(project, section, progress)?;
            (tools::shell(project, line, &programs)?, line.as_str())
        }
    };
    command.stdin(Stdio::null());
    let (passed, said) = if quiet {
        let output = command
            .output()
            .with_context(|| format!("`{runner}` could not be run"))?;
        let said = [output.stderr, output.stdout].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    } else {
        // Standard output is for the results of the cases.
        let status = command
            .stdout(io::stderr())
            .status()
            .with_context(|| format!("`{runner}` could not be run"))?;
        (status.success(), String::new())
    };
    if passed {
        return Ok(Native::Passed);
    }
    let help =
        "see what `{runner}` says above; `{cli} test --cases-only` leaves these tests out".replace("{runner}", runner);
    let failure = Failure::new(
        Exit::BuildFailed,
        "tests-failed",
        "the native tests of the component failed",
        help,
    );
    Err(failure.with_transcript(said).into())
}
