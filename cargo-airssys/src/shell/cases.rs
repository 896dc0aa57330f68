//! The outcomes of test cases, as people read them: a line for each, and below it what differs.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use similar::{ChangeTag, TextDiff};

use super::{ERROR, GOOD, HINT, WARNING, counted, printable_line, took};
use crate::ops::test::{Ended, Report};
use airssys_wasm::testing::{Difference, Outcome, OutputLine, Verdict};

/// Lines around a difference that are shown with it.
const CONTEXT: usize = 3;

/// How long the shortest difference of two texts is looked for; then a longer one is shown.
const SEARCH: Duration = Duration::from_millis(500);

/// A report with colours, which are left out where nobody can see them.
pub(crate) fn cases(report: &Report) -> String {
    let mut text = String::new();
    for ended in &report.cases {
        // Writing to a string does not fail.
        let _ = case(&mut text, report, ended);
    }
    for path in &report.updated {
        let _ = writeln!(text, "{GOOD}{:>12}{GOOD:#} {}", "updated", path.display());
    }
    text.push_str(&report.summary());
    text
}

fn case(text: &mut String, report: &Report, ended: &Ended) -> std::fmt::Result {
    let verdict = ended.verdict();
    let style = match verdict {
        _ if report.is_passed(ended) => GOOD,
        Verdict::New | Verdict::Changed => WARNING,
        _ => ERROR,
    };
    let word = verdict.as_str();
    write!(text, "{style}{word:>12}{style:#} {}", printable_line(&ended.name))?;
    match &ended.result {
        Ok(outcome) => {
            let calls = counted(outcome.calls.len(), "call");
            writeln!(text, " ({calls} in {})", took(outcome.took))?;
            if verdict != Verdict::Passed {
                differences(text, ended, outcome)?;
            }
        }
        Err(error) => writeln!(text, "\n  {}", printable_line(error))?,
    }
    Ok(())
}

fn differences(text: &mut String, ended: &Ended, outcome: &Outcome) -> std::fmt::Result {
    if let Some(found) = &outcome.start {
        heading(text, &found.reason)?;
        difference(text, found)?;
        output(text, &outcome.start_output)?;
    }
    for call in &outcome.calls {
        if let Some(found) = &call.difference {
            heading(text, &format!("call {}, {}: {}", call.number, call.call, found.reason))?;
            difference(text, found)?;
            output(text, &call.output)?;
        }
    }
    let is_told = outcome.start.is_some() || outcome.calls.iter().any(|call| call.difference.is_some());
    if let Some(snapshot) = ended.open_snapshot().filter(|_| !is_told) {
        heading(text, "the snapshot has calls that the case does not")?;
        lines(text, snapshot.old.as_deref().unwrap_or_default(), &snapshot.new)?;
    }
    Ok(())
}

fn heading(text: &mut String, words: &str) -> std::fmt::Result {
    writeln!(text, "  {}", printable_line(words))
}

fn difference(text: &mut String, found: &Difference) -> std::fmt::Result {
    lines(text, &found.expected, &found.actual)
}

/// What a component wrote.
fn output(text: &mut String, written: &[OutputLine]) -> std::fmt::Result {
    for line in written {
        writeln!(text, "  {HINT}|{HINT:#} {}", printable_line(&line.text))?;
    }
    Ok(())
}

/// The lines that differ, with some around them.
pub(super) fn lines(text: &mut String, expected: &str, actual: &str) -> std::fmt::Result {
    let [expected, actual] = [expected, actual].map(ended);
    let diff = TextDiff::configure().timeout(SEARCH).diff_lines(&expected, &actual);
    let groups = diff.grouped_ops(CONTEXT);
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            writeln!(text, "  …")?;
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', ERROR),
                ChangeTag::Insert => ('+', GOOD),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value().trim_end_matches('\n');
            writeln!(text, "  {style}{sign} {}{style:#}", printable_line(line))?;
        }
    }
    Ok(())
}

/// Text whose last line is ended, so that two ends of a text are compared like other lines.
fn ended(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("{text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(expected: &str, actual: &str) -> String {
        let mut text = String::new();
        lines(&mut text, expected, actual).unwrap();
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_difference_shows_the_lines_around_it() {
        assert_eq!(plain("Hello", "Hi"), "  - Hello\n  + Hi\n");
        assert_eq!(plain("", "new"), "  + new\n");
        let long: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let mut other = long.clone();
        other[2] = "two".into();
        other[17] = "seventeen".into();
        let shown = plain(&long.join("\n"), &other.join("\n"));
        assert!(
            shown.contains("    1\n  - 2\n  + two\n    3\n    4\n    5\n  …\n    14\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_difference_of_long_texts_is_not_looked_for_to_the_end() {
        // Lines that repeat in another order: the worst there is.
        let text = |factor: usize| {
            let lines = (0..100_000).map(|number: usize| (number * factor % 9973 % 97).to_string());
            lines.collect::<Vec<_>>().join("\n")
        };
        let (one, other) = (text(7919), text(6007));
        let begin = std::time::Instant::now();
        assert!(plain(&one, &other).lines().count() > 100_000);
        assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    }

    #[test]
    fn what_a_guest_says_cannot_steer_the_terminal() {
        assert_eq!(plain("", "a\u{202e}\u{1b}[2J"), "  + a\\u{202e}\\u{1b}[2J\n");
    }
}
