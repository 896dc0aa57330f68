//! What became of an upgrade: a line for each case, below it what differs, and at the end what changes for callers.

use std::fmt::Write as _;

use super::cases::lines;
use super::{ERROR, GOOD, HINT, WARNING, counted, grouped, millis, printable_line};
use crate::ops::test::{Driven, UpgradeReport};
use airssys_wasm::component::Severity;

/// A report with colours, which are left out where nobody can see them.
pub(crate) fn upgrade(report: &UpgradeReport) -> String {
    let mut text = String::new();
    for driven in &report.cases {
        // Writing to a string does not fail.
        let _ = case(&mut text, driven);
    }
    for found in &report.compatibility.differences {
        let style = match found.severity {
            Severity::Breaking => ERROR,
            Severity::Warning => WARNING,
            _ => HINT,
        };
        let _ = writeln!(
            text,
            "{style}{}{style:#}: {}",
            found.severity,
            printable_line(&found.text)
        );
    }
    text.push_str(&report.summary());
    text
}

fn case(text: &mut String, driven: &Driven) -> std::fmt::Result {
    let word = driven.word();
    let style = match word {
        "passed" => GOOD,
        "skipped" => WARNING,
        _ => ERROR,
    };
    write!(text, "{style}{word:>12}{style:#} {}", printable_line(&driven.name))?;
    let outcome = driven.result.as_ref().ok();
    if let Some(skipped) = outcome.and_then(|outcome| outcome.skipped.as_ref()) {
        return writeln!(text, ": {}", printable_line(skipped));
    }
    if let Some(load) = outcome.and_then(|outcome| outcome.load.as_ref()) {
        let (calls, failed) = (grouped(load.calls), grouped(load.failed));
        let (swap, rollback) = (millis(load.swap), millis(load.rollback));
        write!(
            text,
            " ({calls} calls, {failed} failed; swap {swap}, rollback {rollback})"
        )?;
    }
    text.push('\n');
    for (title, texts) in driven.problems() {
        writeln!(text, "  {}", printable_line(&title))?;
        if let Some((expected, actual)) = texts {
            lines(text, expected, actual)?;
        }
    }
    let other: Vec<String> = driven.other_before().iter().map(ToString::to_string).collect();
    if !other.is_empty() {
        let calls = if other.len() == 1 { "call" } else { "calls" };
        writeln!(
            text,
            "  {HINT}note{HINT:#}: the old release answers {calls} {} otherwise than the case says",
            other.join(", ")
        )?;
    }
    let lost = outcome.map_or(0, |outcome| outcome.calls_lost);
    if lost > 0 {
        let calls = counted(usize::try_from(lost).unwrap_or(usize::MAX), "call");
        writeln!(
            text,
            "  {WARNING}note{WARNING:#}: the old release does not take the new state: a rollback loses {calls}"
        )?;
    }
    Ok(())
}
