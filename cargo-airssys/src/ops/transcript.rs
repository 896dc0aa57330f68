//! What a program says, for as long as it is not too much: then its begin and its end.

use std::collections::VecDeque;

use crate::shell::{counted, size};

/// How much of the begin is kept, and how much of the end, in bytes.
const KEPT: usize = 64 << 10;

/// What a program has said, in memory of a fixed size.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    begin: String,
    end: VecDeque<String>,
    /// The bytes of `end`.
    held: usize,
    /// What was between the two.
    dropped: Dropped,
}

#[derive(Debug, Default)]
struct Dropped {
    lines: usize,
    bytes: u64,
}

impl Transcript {
    /// Adds a line, without its end.
    pub(crate) fn line(&mut self, line: &str) {
        let is_begin = self.end.is_empty() && self.dropped.lines == 0;
        if is_begin && self.begin.len() + line.len() < KEPT {
            self.begin.push_str(line);
            self.begin.push('\n');
            return;
        }
        self.held += line.len() + 1;
        self.end.push_back(line.to_owned());
        while self.held > KEPT {
            let Some(oldest) = self.end.pop_front() else { return };
            self.held -= oldest.len() + 1;
            self.dropped.lines += 1;
            self.dropped.bytes += oldest.len() as u64 + 1;
        }
    }

    /// All that was kept, with a line for what was not.
    pub(crate) fn text(&self) -> String {
        let mut text = self.begin.clone();
        if self.dropped.lines > 0 {
            let (lines, bytes) = (counted(self.dropped.lines, "line"), size(self.dropped.bytes));
            text.push_str(&format!("[… {lines} left out, {bytes} …]\n"));
        }
        for line in &self.end {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_kept_as_it_was() {
        let mut said = Transcript::default();
        said.line("one");
        said.line("");
        said.line("two");
        assert_eq!(said.text(), "one\n\ntwo\n");
    }

    #[test]
    fn of_much_the_begin_and_the_end_are_kept() {
        let mut said = Transcript::default();
        for number in 0..1_000_000 {
            said.line(&format!("line {number} of many that say nothing"));
        }
        let text = said.text();
        assert!(text.len() < 2 * KEPT + 100, "{}", text.len());
        assert!(text.starts_with("line 0 of"), "{}", &text[..80]);
        assert!(text.ends_with("line 999999 of many that say nothing\n"));
        assert!(text.contains("lines left out"));
        assert!(said.end.capacity() < 100_000);
    }

    #[test]
    fn a_line_that_is_longer_than_what_is_kept_is_left_out() {
        let mut said = Transcript::default();
        said.line(&"x".repeat(3 * KEPT));
        said.line("the end");
        assert!(
            said.text().ends_with("left out, 192.0 KiB …]\nthe end\n"),
            "{}",
            said.text()
        );
    }
}
