//! Why a compiling process returned no code, and whose fault that is.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::settings::CompileSettings;
use crate::component::{ByteCount, Span};
use crate::engine::aot_cache::MAX_ENTRY;
use crate::error::Error;
use crate::printable::printable;

/// Why there is no compiled code.
#[derive(Debug)]
pub(super) enum Failure {
    /// The program could not be started.
    NotStarted(std::io::Error),
    /// What was started does not speak this version of the protocol.
    Foreign,
    /// It compiles for engines of another version or configuration.
    OtherEngine,
    /// It could not begin, whatever the component.
    Unable(Vec<u8>),
    /// It took longer than it may.
    TooLong,
    /// It needed more memory than it may use.
    OutOfMemory,
    /// The compiled code is too large.
    TooMuch { size: u64 },
    /// The component cannot be compiled.
    Refused(Vec<u8>),
    /// The compiler has a bug that the component reached.
    Panicked(Vec<u8>),
    /// It ended without an answer.
    Ended {
        /// Whether it was known to be a compiler.
        greeted: bool,
        status: Option<ExitStatus>,
        /// What it wrote to its standard error.
        words: Vec<u8>,
    },
}

impl Failure {
    /// Blames the component for whatever happened to a compiler that had greeted, and the set-up for the rest.
    pub(super) fn explain(self, program: &Path, settings: &CompileSettings) -> Error {
        let unavailable = |reason: String| Error::CompilerUnavailable {
            program: program.to_owned(),
            reason,
        };
        let reason = match self {
            Self::NotStarted(error) => return unavailable(format!("it cannot be started: {error}")),
            Self::Foreign => return unavailable("it is another program, or another version of this one".into()),
            Self::OtherEngine => return unavailable("it compiles for another version of the engine".into()),
            Self::Unable(words) => return unavailable(shown(&words)),
            Self::Ended {
                greeted: false,
                status,
                words,
            } => return unavailable(format!("it {}", with(&ending(status), &words))),
            Self::TooLong => format!("it took longer than its deadline of {}", Span(settings.deadline)),
            Self::Ended { words, .. } if is_out_of_memory(&words) => more_than(settings.memory),
            Self::OutOfMemory => more_than(settings.memory),
            Self::Ended { status, .. } if signal(status) == Some(Signal::XCPU.as_raw()) => {
                "it took more processor time than its deadline allows".into()
            }
            Self::TooMuch { size } => format!(
                "its compiled code of {} is larger than the limit of {}",
                ByteCount(size),
                ByteCount(MAX_ENTRY)
            ),
            Self::Refused(words) => shown(&words),
            Self::Panicked(words) => with("the compiler panicked", &words),
            Self::Ended { status, words, .. } => format!("the compiler {}", with(&ending(status), &words)),
        };
        Error::Compile { reason }
    }
}

fn more_than(memory: ByteCount) -> String {
    format!("it needs more memory than the {memory} that its compiler may use")
}

/// Whether these are the last words of a Rust program that was refused memory.
fn is_out_of_memory(words: &[u8]) -> bool {
    String::from_utf8_lossy(words).contains("memory allocation of ")
}

fn signal(status: Option<ExitStatus>) -> Option<i32> {
    status.and_then(|status| status.signal())
}

fn ending(status: Option<ExitStatus>) -> String {
    let code = status.and_then(|status| status.code());
    match (signal(status), code) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended with exit status {code} and without an answer"),
        (None, None) => "ended without an answer".into(),
    }
}

/// A text with the words of a process behind it, when it said any.
fn with(text: &str, words: &[u8]) -> String {
    let words = shown(words);
    let words = words.trim();
    if words.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {words}")
    }
}

/// Words of a process as they can be shown.
fn shown(words: &[u8]) -> String {
    printable(&String::from_utf8_lossy(words)).replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failure: Failure, code: &str, reason: &str) {
        let error = failure.explain(Path::new("/bin/compiler"), &CompileSettings::default());
        assert_eq!(error.code().as_str(), code, "{error}");
        assert_eq!(error.is_guest_fault(), code == "compile-failed");
        assert!(error.to_string().contains(reason), "{error}");
    }

    fn ended(greeted: bool, status: i32, words: &str) -> Failure {
        Failure::Ended {
            greeted,
            status: Some(ExitStatus::from_raw(status)),
            words: words.into(),
        }
    }

    #[test]
    fn what_happened_is_told_with_its_limit() {
        check(Failure::TooLong, "compile-failed", "its deadline of 2m");
        check(Failure::OutOfMemory, "compile-failed", "the 2.0 GiB that");
        let much = Failure::TooMuch { size: 3 << 30 };
        check(much, "compile-failed", "of 3.0 GiB is larger than the limit of 1.0 GiB");
        let aborted = ended(true, 6, "memory allocation of 64 bytes failed");
        check(aborted, "compile-failed", "the 2.0 GiB that");
        check(ended(true, 24, ""), "compile-failed", "processor time");
        check(
            ended(true, 11, ""),
            "compile-failed",
            "the compiler was ended by signal 11",
        );
        let panicked = Failure::Panicked(b"not implemented".into());
        check(panicked, "compile-failed", "the compiler panicked: not implemented");
    }

    #[test]
    fn before_a_compiler_greets_the_component_is_not_to_blame() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        check(Failure::NotStarted(missing), "compiler-unavailable", "/bin/compiler");
        check(Failure::Foreign, "compiler-unavailable", "another program");
        check(Failure::OtherEngine, "compiler-unavailable", "another version");
        let ended = ended(false, 3 << 8, "sh: no\x1b[2J\n");
        check(
            ended,
            "compiler-unavailable",
            r"exit status 3 and without an answer: sh: no\u{1b}[2J",
        );
    }
}
