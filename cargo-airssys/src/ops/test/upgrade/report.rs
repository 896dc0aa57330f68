//! What became of an upgrade under all cases, as data for people and for programs.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use semver::Version;
use serde_json::{Value, json};

use super::super::report::{call, difference};
use crate::exit::{Exit, Failure, explain};
use crate::shell::{counted, grouped, millis, seconds, size};
use airssys_wasm::Error;
use airssys_wasm::component::{Compatibility, ComponentName};
use airssys_wasm::testing::{CallOutcome, Fate, Load, UpgradeOutcome};

/// A case that has driven the upgrade, or could not.
#[derive(Debug)]
pub(crate) struct Driven {
    /// Its name.
    pub(crate) name: String,
    /// Its file.
    pub(crate) path: PathBuf,
    /// What became of it, or why it could not run.
    pub(crate) result: Result<UpgradeOutcome, String>,
}

/// What became of the upgrade.
#[derive(Debug)]
pub(crate) struct UpgradeReport {
    /// The component.
    pub(crate) component: Option<ComponentName>,
    /// The old version, and how the person named it.
    pub(crate) from: (Version, Option<String>),
    /// The new version, and how the person named it.
    pub(crate) to: (Version, Option<String>),
    /// What changes for callers and operators.
    pub(crate) compatibility: Compatibility,
    /// Whether the new release may break what callers rely on.
    pub(crate) allows_breaking: bool,
    /// The cases, in the order of their names.
    pub(crate) cases: Vec<Driven>,
    /// How long everything took.
    pub(crate) took: Duration,
}

impl Driven {
    /// One word for what became of it.
    pub(crate) fn word(&self) -> &'static str {
        match &self.result {
            Ok(outcome) if outcome.skipped.is_some() => "skipped",
            Ok(outcome) => outcome.verdict.as_str(),
            Err(_) => "failed",
        }
    }

    /// Whether the upgrade went as it should; one that was skipped has said nothing.
    pub(crate) fn is_passed(&self) -> bool {
        self.result.as_ref().is_ok_and(UpgradeOutcome::is_passed)
    }

    fn is_skipped(&self) -> bool {
        self.result.as_ref().is_ok_and(|outcome| outcome.skipped.is_some())
    }

    /// Everything that is wrong: a title, and two texts that differ, where it is texts.
    pub(crate) fn problems(&self) -> Vec<(String, Option<(&str, &str)>)> {
        let outcome = match &self.result {
            Ok(outcome) => outcome,
            Err(error) => return vec![(error.clone(), None)],
        };
        let mut found = Vec::new();
        if let Some(refused) = &outcome.refused {
            found.push((refused.reason.clone(), Some((&*refused.expected, &*refused.actual))));
        }
        for (when, calls) in [
            ("after the upgrade", &outcome.upgraded),
            ("after the rollback", &outcome.back),
        ] {
            for call in calls {
                if let Some(differs) = &call.difference {
                    let title = format!("{when}, call {}, {}: {}", call.number, call.call, differs.reason);
                    found.push((title, Some((&*differs.expected, &*differs.actual))));
                }
            }
        }
        if let Some(load) = outcome.load.as_ref().filter(|load| !load.is_clean()) {
            found.extend(lost(load).into_iter().map(|title| (title, None)));
        }
        found
    }

    /// The calls that the old release answers otherwise than the case says, by their numbers.
    pub(crate) fn other_before(&self) -> Vec<usize> {
        let calls = self.result.as_ref().map(|outcome| outcome.before.as_slice());
        let other = calls
            .unwrap_or_default()
            .iter()
            .filter(|call| call.difference.is_some());
        other.map(|call| call.number).collect()
    }
}

/// What the callers lost, in a line for each kind.
fn lost(load: &Load) -> Vec<String> {
    let mut lines = Vec::new();
    if load.failed > 0 {
        let first = load.first_failure.as_deref().unwrap_or_default();
        lines.push(format!(
            "under load, {} of {} calls failed, the first {first}",
            grouped(load.failed),
            grouped(load.calls)
        ));
    }
    if load.forgotten > 0 {
        lines.push(format!(
            "under load, the state knows nothing of {} calls that were answered",
            grouped(load.forgotten)
        ));
    }
    lines
}

impl UpgradeReport {
    fn outcomes(&self) -> impl Iterator<Item = &UpgradeOutcome> {
        self.cases.iter().filter_map(|driven| driven.result.as_ref().ok())
    }

    fn loads(&self) -> impl Iterator<Item = &Load> {
        self.outcomes().filter_map(|outcome| outcome.load.as_ref())
    }

    /// What became of the state, by the case that says most.
    fn fate(&self) -> Fate {
        let fates: Vec<Fate> = self.outcomes().map(|outcome| outcome.state).collect();
        let bytes = fates.iter().filter_map(|fate| match fate {
            Fate::Carried { bytes } => Some(*bytes),
            _ => None,
        });
        match bytes.max() {
            Some(bytes) => Fate::Carried { bytes },
            None => fates
                .into_iter()
                .find(|fate| *fate != Fate::Stateless)
                .unwrap_or(Fate::Stateless),
        }
    }

    /// The sum in two lines.
    pub(crate) fn summary(&self) -> String {
        let passed = self
            .cases
            .iter()
            .filter(|driven| driven.is_passed() && !driven.is_skipped());
        let [from, to] = [&self.from, &self.to].map(labelled);
        let mut text = format!("upgrade {from} → {to}: {} passed", counted(passed.count(), "case"));
        let skipped = self.cases.iter().filter(|driven| driven.is_skipped()).count();
        for (number, word) in [(self.failed(), "failed"), (skipped, "skipped")] {
            if number > 0 {
                text.push_str(&format!(", {number} {word}"));
            }
        }
        let calls: u64 = self.loads().map(|load| load.calls).sum();
        let longest = |of: fn(&Load) -> Duration| self.loads().map(of).max();
        let (Some(swap), Some(rollback)) = (longest(|load| load.swap), longest(|load| load.rollback)) else {
            return text;
        };
        let failed: u64 = self.loads().map(|load| load.failed).sum();
        text.push_str(&format!(
            "\n{} calls, {} failed; swap {}, rollback {}{}",
            grouped(calls),
            grouped(failed),
            millis(swap),
            millis(rollback),
            match self.fate() {
                Fate::Carried { bytes } => format!("; state {} carried over", size(bytes)),
                Fate::Lost => "; state lost".into(),
                _ => String::new(),
            }
        ));
        text
    }

    fn failed(&self) -> usize {
        self.cases.iter().filter(|driven| !driven.is_passed()).count()
    }

    /// Why the command fails; none when all is as it should be.
    pub(crate) fn failure(&self, program: &str) -> Option<Failure> {
        let breaking: Vec<String> = self.compatibility.breaking().map(|found| found.text.clone()).collect();
        if !breaking.is_empty() && !self.allows_breaking {
            let name = self.component.as_ref().map_or("component", ComponentName::as_str);
            let refused = Error::Incompatible {
                label: format!("{name}@{}", self.to.0),
                from: self.from.0.clone(),
                differences: breaking,
            };
            let mut failure = explain(&refused.into(), program);
            failure.help = "keep what its callers rely on, or test it all the same with `--allow-breaking`".into();
            return Some(failure);
        }
        let (failed, total) = (self.failed(), self.cases.len());
        let message = match failed {
            0 if total > 0 && self.cases.iter().all(Driven::is_skipped) => "no case could drive the upgrade".to_owned(),
            0 => return None,
            failed => format!("the upgrade went wrong in {failed} of {}", counted(total, "case")),
        };
        let help =
            "correct the new release, or what the case expects; `after-upgrade = true` marks calls that belong to it";
        Some(Failure::new(Exit::GuestFailed, "upgrade-failed", message, help))
    }

    /// Everything for programs; the keys are documented in docs/src/testing.md.
    pub(crate) fn to_json(&self, is_passed: bool) -> Value {
        let side = |(version, said): &(Version, Option<String>)| json!({ "version": version, "named": said });
        let sum = |of: fn(&Load) -> u64| self.loads().map(of).sum::<u64>();
        let longest = |of: fn(&Load) -> Duration| self.loads().map(of).max().map(seconds);
        let (state, state_bytes) = fate(self.fate());
        json!({
            "outcome": if is_passed { "passed" } else { "failed" },
            "component": self.component,
            "from": side(&self.from),
            "to": side(&self.to),
            "differences": self.compatibility.differences,
            "calls": sum(|load| load.calls),
            "failed": sum(|load| load.failed),
            "forgotten": sum(|load| load.forgotten),
            "swap_seconds": longest(|load| load.swap),
            "rollback_seconds": longest(|load| load.rollback),
            "state": state,
            "state_bytes": state_bytes,
            "seconds": seconds(self.took),
            "cases": self.cases.iter().map(case).collect::<Vec<_>>(),
        })
    }
}

/// `0.1.0`, and how it was named, where that says more.
fn labelled((version, said): &(Version, Option<String>)) -> String {
    let plain = version.to_string();
    match said {
        Some(said) if said.trim_start_matches('v') != plain => format!("{plain} ({said})"),
        _ => plain,
    }
}

fn fate(fate: Fate) -> (&'static str, Option<u64>) {
    match fate {
        Fate::Carried { bytes } => ("carried", Some(bytes)),
        Fate::Lost => ("lost", None),
        Fate::Begun => ("begun", None),
        _ => ("none", None),
    }
}

fn case(driven: &Driven) -> Value {
    let outcome = driven.result.as_ref().ok();
    let calls = |of: fn(&UpgradeOutcome) -> &Vec<CallOutcome>| -> Vec<Value> {
        let calls = outcome.map(of).map(Vec::as_slice).unwrap_or_default();
        calls.iter().map(call).collect()
    };
    let (state, state_bytes) = outcome.map_or(("none", None), |outcome| fate(outcome.state));
    json!({
        "name": driven.name,
        "path": driven.path,
        "description": outcome.and_then(|outcome| outcome.description.as_ref()),
        "verdict": driven.word(),
        "skipped": outcome.and_then(|outcome| outcome.skipped.as_ref()),
        "error": driven.result.as_ref().err(),
        "refused": outcome.and_then(|outcome| outcome.refused.as_ref()).map(difference),
        "before": calls(|outcome| &outcome.before),
        "upgraded": calls(|outcome| &outcome.upgraded),
        "back": calls(|outcome| &outcome.back),
        "state": state,
        "state_bytes": state_bytes,
        "calls_lost": outcome.map(|outcome| outcome.calls_lost),
        "load": outcome.and_then(|outcome| outcome.load.as_ref()).map(load),
        "seconds": outcome.map(|outcome| seconds(outcome.took)),
    })
}

fn load(load: &Load) -> Value {
    json!({
        "calls": load.calls,
        "failed": load.failed,
        "first_failure": load.first_failure,
        "forgotten": load.forgotten,
        "swap_seconds": seconds(load.swap),
        "rollback_seconds": seconds(load.rollback),
    })
}

/// The report as the text of a JUnit XML file: one suite, one test case for each case.
pub(crate) fn junit(report: &UpgradeReport) -> anyhow::Result<String> {
    let name = report.component.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut suite = TestSuite::new(format!("{name} {} → {}", report.from.0, report.to.0));
    suite.set_time(report.took);
    for driven in &report.cases {
        let mut status = match driven.is_passed() {
            true if driven.is_skipped() => TestCaseStatus::skipped(),
            true => TestCaseStatus::success(),
            false => TestCaseStatus::non_success(match driven.result {
                Ok(_) => NonSuccessKind::Failure,
                Err(_) => NonSuccessKind::Error,
            }),
        };
        let problems = driven.problems();
        if let Some((title, _)) = problems.first() {
            status.set_message(title.as_str());
            let texts = problems.iter().map(|(title, texts)| match texts {
                Some((expected, actual)) => format!("{title}\nexpected:\n{expected}\nactual:\n{actual}\n"),
                None => title.clone(),
            });
            status.set_description(texts.collect::<Vec<_>>().join("\n"));
        }
        let mut case = TestCase::new(driven.name.as_str(), status);
        case.set_classname(name.as_str());
        if let Ok(outcome) = &driven.result {
            case.set_time(outcome.took);
        }
        suite.add_test_case(case);
    }
    let mut written = quick_junit::Report::new("airssys-wasm");
    written.set_time(report.took).add_test_suite(suite);
    written.to_string().context("the JUnit report could not be written")
}
