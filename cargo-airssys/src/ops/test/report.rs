//! What became of all cases, as data for people and for programs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::native::Native;
use crate::exit::{Exit, Failure};
use crate::shell::{counted, seconds};
use airssys_wasm::component::ComponentName;
use airssys_wasm::testing::{CallOutcome, Difference, Outcome, OutputLine, Snapshot, Verdict};

/// A case that has run, or could not.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its name.
    pub(crate) name: String,
    /// Its file.
    pub(crate) path: PathBuf,
    /// What became of it, or why it could not run.
    pub(crate) result: Result<Outcome, String>,
}

/// What became of all cases.
#[derive(Debug)]
pub(crate) struct Report {
    /// The component; none when there were no cases to run.
    pub(crate) component: Option<ComponentName>,
    /// What became of the native tests.
    pub(crate) native: Native,
    /// The cases, in the order of their names.
    pub(crate) cases: Vec<Ended>,
    /// Snapshots that were written.
    pub(crate) updated: Vec<PathBuf>,
    /// Snapshots that no case compares with.
    pub(crate) unreferenced: Vec<PathBuf>,
    /// How long everything took.
    pub(crate) took: Duration,
}

impl Ended {
    /// Whether everything is as expected; a case that could not run is not.
    pub(crate) fn verdict(&self) -> Verdict {
        self.result.as_ref().map_or(Verdict::Failed, |outcome| outcome.verdict)
    }

    /// The snapshot that is to be accepted, if one is.
    pub(crate) fn open_snapshot(&self) -> Option<&Snapshot> {
        let snapshot = self.result.as_ref().ok()?.snapshot.as_ref()?;
        (snapshot.verdict() != Verdict::Passed).then_some(snapshot)
    }

    /// What the component wrote, in the order in which it did.
    pub(crate) fn output(&self) -> impl Iterator<Item = &OutputLine> {
        let outcome = self.result.as_ref().ok();
        outcome.into_iter().flat_map(|outcome| {
            let calls = outcome.calls.iter().flat_map(|call| &call.output);
            outcome.start_output.iter().chain(calls)
        })
    }
}

impl Report {
    /// Writes the snapshots that are new or changed.
    pub(crate) fn accept(&mut self) -> anyhow::Result<()> {
        for snapshot in self.cases.iter().filter_map(Ended::open_snapshot) {
            snapshot.accept()?;
            self.updated.push(snapshot.path.clone());
        }
        Ok(())
    }

    /// Whether a case counts as passed: also when its only difference was accepted.
    pub(crate) fn is_passed(&self, ended: &Ended) -> bool {
        let accepted = || {
            let snapshot = ended.open_snapshot();
            snapshot.is_some_and(|snapshot| self.updated.contains(&snapshot.path))
        };
        match ended.verdict() {
            Verdict::Passed => true,
            Verdict::New | Verdict::Changed => accepted(),
            _ => false,
        }
    }

    /// The sum in a line.
    pub(crate) fn summary(&self) -> String {
        let passed = self.cases.iter().filter(|ended| self.is_passed(ended)).count();
        let mut text = format!("{} passed", counted(passed, "case"));
        let counts = [
            (Verdict::Failed, "failed"),
            (Verdict::New, "with a new snapshot"),
            (Verdict::Changed, "with a changed snapshot"),
        ];
        for (verdict, words) in counts {
            let number = self.open(verdict);
            if number > 0 {
                text.push_str(&format!(", {number} {words}"));
            }
        }
        text
    }

    /// Why the command fails; none when all is as expected.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let open = self.cases.iter().filter(|ended| !self.is_passed(ended)).count();
        if open == 0 {
            return None;
        }
        let failed = self.open(Verdict::Failed);
        let accept = "`{cli} test --update` accepts the answers above as the snapshot";
        let (code, help) = match open - failed {
            0 => (
                "cases-failed",
                "correct the component, or what the case expects".to_owned(),
            ),
            _ if failed == 0 => ("snapshots-differ", accept.to_owned()),
            _ => (
                "cases-failed",
                format!("correct the component, or what the case expects; {accept}"),
            ),
        };
        let total = self.cases.len();
        let message = match code {
            "snapshots-differ" => format!(
                "the answers of {open} of {} differ from the snapshot",
                counted(total, "case")
            ),
            _ => format!("{failed} of {} failed", counted(total, "case")),
        };
        Some(Failure::new(Exit::GuestFailed, code, message, help))
    }

    fn open(&self, verdict: Verdict) -> usize {
        let open = self.cases.iter().filter(|ended| !self.is_passed(ended));
        open.filter(|ended| ended.verdict() == verdict).count()
    }

    /// Everything for programs; the keys are documented in docs/src/testing.md.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "outcome": if self.failure().is_none() { "passed" } else { "failed" },
            "component": self.component,
            "native": self.native.as_str(),
            "seconds": seconds(self.took),
            "updated": self.updated,
            "unreferenced": self.unreferenced,
            "cases": self.cases.iter().map(case).collect::<Vec<_>>(),
        })
    }
}

fn case(ended: &Ended) -> Value {
    let outcome = ended.result.as_ref().ok();
    let calls = outcome.map(|outcome| outcome.calls.iter().map(call).collect::<Vec<_>>());
    let snapshot = outcome.and_then(|outcome| outcome.snapshot.as_ref());
    let snapshot = snapshot.map(|snapshot| json!({ "path": snapshot.path, "verdict": snapshot.verdict().as_str() }));
    json!({
        "name": ended.name,
        "path": ended.path,
        "description": outcome.and_then(|outcome| outcome.description.as_ref()),
        "verdict": ended.verdict().as_str(),
        "seconds": outcome.map(|outcome| seconds(outcome.took)),
        "error": ended.result.as_ref().err(),
        "start": outcome.and_then(|outcome| outcome.start.as_ref()).map(difference),
        "output": outcome.map(|outcome| output(&outcome.start_output)).unwrap_or_default(),
        "calls": calls.unwrap_or_default(),
        "snapshot": snapshot,
    })
}

pub(super) fn call(call: &CallOutcome) -> Value {
    json!({
        "number": call.number,
        "call": call.call,
        "verdict": call.verdict.as_str(),
        "seconds": seconds(call.took),
        "answer": call.answer.to_string(),
        "code": call.answer.code(),
        "difference": call.difference.as_ref().map(difference),
        "output": output(&call.output),
    })
}

pub(super) fn difference(found: &Difference) -> Value {
    json!({ "reason": found.reason, "expected": found.expected, "actual": found.actual })
}

fn output(lines: &[OutputLine]) -> Vec<Value> {
    let line = |line: &OutputLine| json!({ "stream": if line.error { "stderr" } else { "stdout" }, "text": line.text });
    lines.iter().map(line).collect()
}
