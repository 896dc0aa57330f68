//! Transcripts: what a person types and what the programs answer, in the `console` blocks of a Markdown file.
//!
//! The form is that of trycmd: `$ ` begins a command and `> ` continues it, `? 2` is its exit code when that is not 0,
//! and the lines after it are what it writes.
//! `[..]` stands for any text within a line, a line `...` for any lines.

/// A part of a Markdown file.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// A line outside the blocks, or one that opens or closes a block.
    Line(String),
    /// A command and what is expected of it.
    Step(Step),
}

/// A command and what is expected of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What is typed.
    pub command: String,
    /// The exit code.
    pub exit: i32,
    /// The lines that are written.
    pub expected: Vec<String>,
}

/// Reads a Markdown file.
pub fn parse(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut is_console = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        }
        let step = match parts.last_mut() {
            Some(Part::Step(step)) if is_console => Some(step),
            _ => None,
        };
        match (line.strip_prefix("$ "), step) {
            (Some(command), _) if is_console => parts.push(Part::Step(Step {
                command: command.to_owned(),
                ..Step::default()
            })),
            (None, Some(step)) => read(line, step),
            _ => parts.push(Part::Line(line.to_owned())),
        }
    }
    parts
}

/// Reads a line after a command.
fn read(line: &str, step: &mut Step) {
    let begins = step.expected.is_empty();
    match (line.strip_prefix("> "), line.strip_prefix("? ")) {
        (Some(more), _) if begins => step.command = format!("{}\n{more}", step.command),
        (_, Some(exit)) if begins => step.exit = exit.parse().unwrap_or_else(|error| panic!("{line}: {error}")),
        _ => step.expected.push(line.to_owned()),
    }
}

/// Writes a Markdown file; the reverse of [`parse`].
pub fn render(parts: &[Part]) -> String {
    let mut lines = Vec::new();
    for part in parts {
        match part {
            Part::Line(line) => lines.push(line.clone()),
            Part::Step(step) => {
                lines.push(format!("$ {}", step.command.replace('\n', "\n> ")));
                lines.extend((step.exit != 0).then(|| format!("? {}", step.exit)));
                lines.extend(step.expected.iter().cloned());
            }
        }
    }
    lines.join("\n") + "\n"
}

/// Whether the text is what the patterns say; blanks at the end of lines, and blank lines at the end, do not count.
pub fn fits(patterns: &[impl AsRef<str>], text: &str) -> bool {
    let patterns: Vec<&str> = patterns.iter().map(AsRef::as_ref).collect();
    let end = patterns
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    all_fit(&patterns[..end], &lines)
}

fn all_fit(patterns: &[&str], lines: &[&str]) -> bool {
    match (patterns, lines) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=lines.len()).any(|skipped| all_fit(rest, &lines[skipped..])),
        ([pattern, rest @ ..], [line, lines @ ..]) => line_fits(pattern, line) && all_fit(rest, lines),
        _ => false,
    }
}

/// Whether a line is what its pattern says.
pub fn line_fits(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let (middle, end) = rest.rsplit_once("[..]").unwrap_or(("", rest));
    let Some(mut inner) = line.strip_prefix(start).and_then(|line| line.strip_suffix(end)) else {
        return false;
    };
    middle.split("[..]").all(|text| match inner.find(text) {
        Some(at) => {
            inner = &inner[at + text.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_read_and_written_alike() {
        let text = "# Title\n\n```console\n$ cat <<E\n> a\n> E\na\n$ false\n? 1\n```\n\n```sh\n$ not run\n```\n";
        let parts = parse(text);
        assert_eq!(render(&parts), text);
        let steps: Vec<_> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Step(step) => Some((step.command.as_str(), step.exit, step.expected.join("\n"))),
                Part::Line(_) => None,
            })
            .collect();
        assert_eq!(steps, [("cat <<E\na\nE", 0, "a".into()), ("false", 1, String::new())]);
    }

    #[test]
    fn patterns_stand_for_what_differs_from_run_to_run() {
        assert!(fits(&["took [..] ms", "...", "end", ""], "took 12 ms\none\ntwo\nend\n"));
        assert!(fits(&["a[..]b[..]c"], "a1b2c"));
        assert!(fits(&["..."], ""));
        for (pattern, line) in [
            ("a[..]b[..]c", "a1c"),
            ("took [..] ms", "took 12 s"),
            ("ab[..]ba", "aba"),
            ("", "a"),
        ] {
            assert!(!fits(&[pattern], line), "{pattern} fits {line}");
        }
    }
}
