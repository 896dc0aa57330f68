//! Why no toolchain was found, and why a build gave no component.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error as ThisError;

use super::TARGET;

/// One way to a toolchain that was tried and led nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried, such as `rustup`.
    pub way: &'static str,
    /// Why it failed, with the causes below it, on one or more lines.
    pub reason: String,
}

impl Attempt {
    pub(super) fn new(way: &'static str, error: &dyn Error) -> Self {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            reason.push_str(": ");
            reason.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self { way, reason }
    }
}

/// Nothing on this machine can build for `wasm32-wasip2`; every attempt is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolchainError {
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
}

impl ToolchainError {
    /// The lines that tell a user what to do about it.
    pub fn help(&self) -> String {
        format!(
            "run `rustup target add {TARGET}` (with Rust from rustup), or install your distribution's package \
             with Rust's standard library for {TARGET}; on Debian with Rust 1.85 or newer, it is enough that \
             apt can reach its mirror"
        )
    }
}

impl fmt::Display for ToolchainError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no Rust toolchain here can build for {TARGET}")?;
        for attempt in &self.attempts {
            let reason = attempt.reason.trim().replace('\n', "\n      ");
            write!(formatter, "\n  {}: {reason}", attempt.way)?;
        }
        Ok(())
    }
}

impl Error for ToolchainError {}

/// Why a project did not become a component.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum BuildError {
    /// Cargo could not be started.
    #[error("cannot run cargo")]
    Start(#[source] io::Error),
    /// Cargo could not read the project; its own words are in the field.
    #[error("cannot read the project {}: {said}", project.display())]
    Project {
        /// The project's folder.
        project: PathBuf,
        /// What cargo said.
        said: String,
    },
    /// The compiler refused the project; its output went to [`Progress::output`](super::Progress::output).
    #[error("could not compile {}", project.display())]
    Compile {
        /// The project's folder.
        project: PathBuf,
    },
    /// The build was stopped before it had ended.
    #[error("the build of {} was stopped", project.display())]
    Stopped {
        /// The project's folder.
        project: PathBuf,
    },
    /// Everything compiled, but no package of the project is a component.
    #[error(
        "{} builds no component: it has neither a `cdylib` library nor a binary",
        project.display()
    )]
    NoComponent {
        /// The project's folder.
        project: PathBuf,
    },
}

/// Why one step towards a toolchain failed.
#[derive(Debug, ThisError)]
pub(super) enum StepError {
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A program is missing, failed or took too long.
    #[error(transparent)]
    Run(#[from] super::run::RunError),
    /// This machine lacks something the way needs.
    #[error("{0}")]
    Unfit(String),
}

impl StepError {
    /// For `map_err`: says what was to be done with which file.
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_is_listed_with_its_causes() {
        let error = StepError::file("read", "stamp")(io::Error::other("disk on fire"));
        let error = ToolchainError {
            attempts: vec![
                Attempt {
                    way: "rustup",
                    reason: "first line\nsecond line\n".into(),
                },
                Attempt::new("Debian packages", &error),
            ],
        };
        assert_eq!(
            error.to_string(),
            "no Rust toolchain here can build for wasm32-wasip2\
             \n  rustup: first line\n      second line\
             \n  Debian packages: cannot read stamp: disk on fire"
        );
        assert!(error.help().contains("rustup target add wasm32-wasip2"));
    }
}
