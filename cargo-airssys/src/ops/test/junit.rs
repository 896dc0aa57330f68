//! The outcomes of cases as JUnit XML, which build servers read.

use anyhow::Context as _;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::report::{Ended, Report};
use airssys_wasm::testing::{CallOutcome, Difference};

/// The report as the text of an XML file: one suite of the component's name, one test case for each case.
pub(crate) fn junit(report: &Report) -> anyhow::Result<String> {
    let name = report.component.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut suite = TestSuite::new(name.as_str());
    suite.set_time(report.took);
    for ended in &report.cases {
        suite.add_test_case(test_case(&name, report, ended));
    }
    let mut written = quick_junit::Report::new("airssys-wasm");
    written.set_time(report.took).add_test_suite(suite);
    written.to_string().context("the JUnit report could not be written")
}

fn test_case(component: &str, report: &Report, ended: &Ended) -> TestCase {
    let status = if report.is_passed(ended) {
        TestCaseStatus::success()
    } else {
        let kind = match ended.result {
            Ok(_) => NonSuccessKind::Failure,
            Err(_) => NonSuccessKind::Error,
        };
        let mut status = TestCaseStatus::non_success(kind);
        let parts = parts(ended);
        status.set_message(parts.first().map_or("", |(title, _)| title.as_str()));
        status.set_type(ended.verdict().as_str());
        let texts: Vec<String> = parts
            .into_iter()
            .map(|(title, text)| format!("{title}\n{text}"))
            .collect();
        status.set_description(texts.join("\n"));
        status
    };
    let mut case = TestCase::new(ended.name.as_str(), status);
    case.set_classname(component);
    if let Ok(outcome) = &ended.result {
        case.set_time(outcome.took);
    }
    let lines: Vec<&str> = ended.output().map(|line| line.text.as_str()).collect();
    if !lines.is_empty() {
        case.set_system_out(lines.join("\n"));
    }
    case
}

/// What differs: a title, and the two texts.
fn parts(ended: &Ended) -> Vec<(String, String)> {
    let outcome = match &ended.result {
        Ok(outcome) => outcome,
        Err(error) => return vec![(error.clone(), String::new())],
    };
    let texts = |found: &Difference| format!("expected:\n{}\nactual:\n{}\n", found.expected, found.actual);
    let call = |call: &CallOutcome| {
        let found = call.difference.as_ref()?;
        Some((
            format!("call {}, {}: {}", call.number, call.call, found.reason),
            texts(found),
        ))
    };
    let start = outcome.start.as_ref().map(|found| (found.reason.clone(), texts(found)));
    let mut parts: Vec<_> = start.into_iter().chain(outcome.calls.iter().filter_map(call)).collect();
    if parts.is_empty() {
        parts.push(("the snapshot has calls that the case does not".into(), String::new()));
    }
    parts
}
