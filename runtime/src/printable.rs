//! Text of guests and other programs, as it can be shown: it cannot steer a terminal, nor hide what it says.

/// Text of a guest or another program in lines: what could steer a terminal, or hide what the text says, is escaped.
/// Line ends and tabs stay.
pub fn printable(text: &str) -> String {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

/// The same in one line; tabs stay.
pub fn printable_line(text: &str) -> String {
    shown(text, |c| c == '\t')
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if !stays(c) && (c.is_control() || ends_line(c) || changes_direction(c)) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn ends_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Unicode's bidirectional controls: text after them can be shown in another order than it was written.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_escaped() {
        let text = "a\tb\nc\r\u{1b}[2J\u{9b}\u{7f}\u{202e}\u{2028}é";
        let end = "c\\r\\u{1b}[2J\\u{9b}\\u{7f}\\u{202e}\\u{2028}é";
        assert_eq!(printable(text), format!("a\tb\n{end}"));
        assert_eq!(printable_line(text), format!("a\tb\\n{end}"));
    }
}
