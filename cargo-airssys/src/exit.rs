//! What the program ends with: its exit codes, and the one place that turns errors into `{error, help, exit code}`.

pub(crate) mod advice;
mod building;
mod ceiling;
pub(crate) mod permission;
mod stack;

use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Map, Value};

/// The exit codes; documented in docs/src/exit-codes.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything went well.
    Ok = 0,
    /// Something that nobody expects.
    Unexpected = 1,
    /// The command, or a file that it names, cannot be used.
    Usage = 2,
    /// The component could not be built, or its native tests failed.
    BuildFailed = 101,
    /// This host cannot run the release.
    Incompatible = 102,
    /// The deployment failed, and what was deployed before still is.
    DeploymentFailed = 103,
    /// A component asks for what it is not granted.
    Denied = 104,
    /// Another process has the state directory.
    Unreachable = 105,
    /// The component failed while it was called, or in a case of its tests.
    GuestFailed = 106,
    /// `doctor` found that something is missing.
    Unprepared = 107,
    /// The audit log is not as it was written.
    Tampered = 108,
    /// The person pressed Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error as a person sees it.
///
/// Operations return it where they know best what helps; [`explain`] makes it of all other errors.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The code the program ends with.
    pub(crate) exit: Exit,
    /// A stable name in kebab-case.
    pub(crate) code: &'static str,
    /// What failed and why.
    pub(crate) message: String,
    /// The line to add or the command to run; `{cli}` stands for the program.
    pub(crate) help: String,
    /// Lines to add to a file, or commands to run, which are shown below the help as they are.
    lines: Option<Box<Lines>>,
    /// Output of a compiler or a test, which is shown before the error.
    pub(crate) transcript: Box<str>,
    /// What `-o json` prints beside the error.
    pub(crate) result: Map<String, Value>,
}

/// Lines that are shown as they are; in a box, because few failures have them.
#[derive(Clone, Debug)]
struct Lines(String);

/// [`Failure`] as `-o json` prints it.
#[derive(Serialize)]
pub(crate) struct Reported<'a> {
    error: ReportedError<'a>,
    #[serde(flatten)]
    result: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct ReportedError<'a> {
    code: &'a str,
    message: &'a str,
    help: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    lines: &'a str,
    exit: u8,
}

impl Failure {
    /// A failure without the output of another program.
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            help: help.into(),
            lines: None,
            transcript: Box::default(),
            result: Map::new(),
        }
    }

    /// The command, or a file that it names, cannot be used.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message, help)
    }

    /// The same failure with lines to copy.
    pub(crate) fn with_lines(mut self, lines: String) -> Self {
        self.lines = Some(Box::new(Lines(lines)));
        self
    }

    /// Lines to add to a file, or commands to run; empty when there are none.
    pub(crate) fn lines(&self) -> &str {
        self.lines.as_ref().map_or("", |lines| &lines.0)
    }

    /// The same failure with output that is shown before it.
    pub(crate) fn with_transcript(mut self, transcript: impl Into<Box<str>>) -> Self {
        self.transcript = transcript.into();
        self
    }

    /// The same failure with a result, an object, that `-o json` prints beside the error.
    pub(crate) fn with_result(mut self, result: Value) -> Self {
        if let Value::Object(result) = result {
            self.result = result;
        }
        self
    }

    /// The same failure with more help.
    pub(crate) fn with_more_help(mut self, more: &str) -> Self {
        self.help.push_str(more);
        self
    }

    /// The failure as `-o json` prints it.
    pub(crate) fn reported(&self) -> Reported<'_> {
        Reported {
            error: ReportedError {
                code: self.code,
                message: &self.message,
                help: &self.help,
                lines: self.lines(),
                exit: self.exit as u8,
            },
            result: &self.result,
        }
    }
}

/// Turns any error into what a person sees.
pub(crate) fn explain(error: &anyhow::Error, program: &str) -> Failure {
    let known = error.chain().find_map(|cause| {
        let host = |host: &airssys_wasm::Error| {
            let (exit, help) = advice::on(host);
            let marked = match host {
                airssys_wasm::Error::Arguments(error) => error.pointer(),
                _ => None,
            };
            let (message, stack) = stack::apart(host, sentence(error));
            let mut failure = Failure::new(exit, host.code().as_str(), message, help);
            if let Some((help, lines)) = permission::advice(host, &permission::Policies::Elsewhere) {
                failure.help = help;
                failure = failure.with_lines(lines);
            }
            failure.with_transcript(marked.unwrap_or_else(|| stack.join("\n")))
        };
        let own = |own: &Failure| Failure {
            message: sentence(error),
            help: own.help.clone(),
            lines: own.lines.clone(),
            transcript: own.transcript.clone(),
            result: own.result.clone(),
            ..*own
        };
        let known = cause.downcast_ref().map(own).or_else(|| cause.downcast_ref().map(host));
        known.or_else(|| building::failure(cause))
    });
    let mut failure = known.unwrap_or_else(|| {
        let help = "nobody expected this; please report it at https://github.com/airsstack/airssys-wasm/issues";
        Failure::new(Exit::Unexpected, "unexpected", sentence(error), help)
    });
    failure.help = failure.help.replace("{cli}", program);
    let lines = failure.lines().replace("{cli}", program);
    if !lines.is_empty() {
        failure = failure.with_lines(lines);
    }
    failure
}

/// An error and its causes in one sentence; a cause that the sentence ends with already is not repeated.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match said.ends_with(&cause) {
            _ if said.is_empty() => cause,
            true => said,
            false => format!("{said}: {cause}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let table = [
            (Exit::Ok, 0),
            (Exit::Unexpected, 1),
            (Exit::Usage, 2),
            (Exit::BuildFailed, 101),
            (Exit::Incompatible, 102),
            (Exit::DeploymentFailed, 103),
            (Exit::Denied, 104),
            (Exit::Unreachable, 105),
            (Exit::GuestFailed, 106),
            (Exit::Unprepared, 107),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in table {
            assert_eq!(exit as u8, code, "{exit:?}");
        }
    }

    #[test]
    fn causes_are_joined_and_none_is_said_twice() {
        let error = anyhow::Error::new(Failure::usage("x", "the file is gone", "look for it"));
        let error = error.context("reading failed: the file is gone").context("deploying");
        assert_eq!(sentence(&error), "deploying: reading failed: the file is gone");
    }

    #[test]
    fn a_failure_keeps_its_code_and_help_under_its_context() {
        let error = Err::<(), _>(Failure::usage("no-project", "there is none", "run `{cli} init`"));
        let failure = explain(&error.context("building").unwrap_err(), "cargo airssys");
        assert_eq!((failure.exit, failure.code), (Exit::Usage, "no-project"));
        assert_eq!(failure.message, "building: there is none");
        assert_eq!(failure.help, "run `cargo airssys init`");
    }

    #[test]
    fn an_error_nobody_knows_is_unexpected() {
        let failure = explain(&anyhow::anyhow!("the moon is full"), "airssys-wasm");
        assert_eq!((failure.exit, failure.code), (Exit::Unexpected, "unexpected"));
    }
}
