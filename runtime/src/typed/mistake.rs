//! What is wrong with the arguments of a call, and where.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The longest line that [`ArgumentError::pointer`] shows around a mistake, in characters.
const SHOWN: usize = 72;

/// Arguments that do not fit the export they were given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArgumentError {
    /// The export, as it was named; empty when none was.
    pub export: String,
    /// The export's signature, for example `add(a: s32, b: s32) -> s32`; empty when it is not known.
    pub signature: String,
    /// The parameter, and the way to the value inside its argument, for example `order.items[2]`;
    /// empty when it is not one argument that is wrong.
    pub place: String,
    /// What is wrong.
    pub reason: String,
    /// The text in which the mistake is; empty for arguments that were not given as text.
    pub text: String,
    /// The mistake's bytes within `text`.
    pub span: Range<usize>,
}

impl ArgumentError {
    /// A call whose text has no usable form.
    pub(super) fn form(export: &str, text: &str, span: Range<usize>, reason: impl Into<String>) -> Self {
        Self {
            export: export.trim().to_owned(),
            signature: String::new(),
            place: String::new(),
            reason: reason.into(),
            text: text.to_owned(),
            span,
        }
    }

    /// The text with a mark below the mistake, in two lines; none when the arguments were not text.
    pub fn pointer(&self) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        let boundary = |at: usize| {
            (0..=at.min(self.text.len()))
                .rev()
                .find(|at| self.text.is_char_boundary(*at))
        };
        let start = boundary(self.span.start).unwrap_or(0);
        let end = boundary(self.span.end).unwrap_or(start).max(start);
        let flat = |text: &str| {
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect::<Vec<char>>()
        };
        let (before, marked, after) = (
            flat(&self.text[..start]),
            flat(&self.text[start..end]),
            flat(&self.text[end..]),
        );
        let skipped = before.len().saturating_sub(SHOWN / 2);
        let lead = if skipped > 0 { "…" } else { "" };
        let marked_shown = marked.len().clamp(1, SHOWN);
        let shown: String = before[skipped..]
            .iter()
            .chain(&marked)
            .chain(&after)
            .take(SHOWN)
            .collect();
        let indent = lead.chars().count() + before.len() - skipped;
        let marks = marked_shown.min((SHOWN + 1).saturating_sub(indent)).max(1);
        Some(format!("{lead}{shown}\n{}{}", " ".repeat(indent), "^".repeat(marks)))
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.export.is_empty() {
            write!(f, "`{}`: ", self.export)?;
        }
        if !self.place.is_empty() {
            write!(f, "argument `{}`: ", self.place)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ArgumentError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_marks_the_mistake_also_in_long_and_odd_texts() {
        let check = |text: &str, span, expected: &str| {
            let error = ArgumentError::form("f", text, span, "wrong");
            assert_eq!(error.pointer().unwrap(), expected);
        };
        check("add(1, x)", 7..8, "add(1, x)\n       ^");
        check("add(1", 5..5, "add(1\n     ^");
        check("é(\nx)", 4..5, "é( x)\n   ^");
        let long = format!("f({}, x)", "1, ".repeat(40));
        let shown = ArgumentError::form("f", &long, 124..125, "wrong").pointer().unwrap();
        let (line, marks) = shown.split_once('\n').unwrap();
        assert!(line.starts_with('…') && line.chars().count() <= SHOWN + 1, "{shown}");
        assert_eq!(line.chars().nth(marks.chars().count() - 1), Some('x'), "{shown}");
        assert_eq!(ArgumentError::form("f", "", 0..0, "wrong").pointer(), None);
    }
}
