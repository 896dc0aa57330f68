//! What became of a case: verdicts and texts, as data.

use std::time::Duration;

use super::answer::Answer;
use super::snapshot::Snapshot;

/// What became of a case.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The name of the case.
    pub name: String,
    /// What the case says of itself.
    pub description: Option<String>,
    /// The worst verdict of the start, the calls and the snapshot.
    pub verdict: Verdict,
    /// Why the start is not as expected; the calls were not made then.
    pub start: Option<Difference>,
    /// What the component wrote while it was started.
    pub start_output: Vec<OutputLine>,
    /// The calls, in their order.
    pub calls: Vec<CallOutcome>,
    /// The answers to calls that say no expectation; none when there are no such calls, or the start failed.
    pub snapshot: Option<Snapshot>,
    /// How long all of it took.
    pub took: Duration,
}

/// What became of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallOutcome {
    /// Its number, counted from 1.
    pub number: usize,
    /// The call in a line.
    pub call: String,
    /// What the component answered.
    pub answer: Answer,
    /// Whether that is what was expected.
    pub verdict: Verdict,
    /// How it differs, when it does.
    pub difference: Option<Difference>,
    /// What the component wrote meanwhile.
    pub output: Vec<OutputLine>,
    /// How long it took.
    pub took: Duration,
}

/// Whether something is as expected; in the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// It is.
    Passed,
    /// There is nothing yet to compare it with.
    New,
    /// It differs from the snapshot.
    Changed,
    /// It differs from what the case says.
    Failed,
}

/// What was expected, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What was compared, in a few words.
    pub reason: String,
    /// The text that was expected.
    pub expected: String,
    /// The text that it is.
    pub actual: String,
}

/// A line that the component wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLine {
    /// Whether it was written to standard error.
    pub error: bool,
    /// The line, without its end.
    pub text: String,
}

impl Verdict {
    /// The verdict as one word in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Failed => "failed",
        }
    }
}

impl Outcome {
    /// Whether everything is as expected.
    pub fn is_passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}
