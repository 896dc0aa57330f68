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
    let mut before: Option<char> = None;
    for c in text.chars() {
        let steers = c.is_control() || ends_line(c) || changes_direction(c);
        // What joins emoji and letters of some scripts is told apart from what hides between letters of others.
        let hides = is_invisible(c) || (joins(c) && before.is_none_or(|before| before.is_ascii()));
        if !stays(c) && (steers || hides) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
    shown
}

/// Characters that Unicode says are not to be shown, and those that look like nothing.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What joins two characters to one, or says how one is shown.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0f}')
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

    #[test]
    fn what_is_not_seen_is_escaped() {
        for hidden in [
            '\u{200b}',
            '\u{2060}',
            '\u{ad}',
            '\u{3164}',
            '\u{e0041}',
            '\u{feff}',
            '\u{200d}',
            '\u{fe0f}',
        ] {
            let text = format!("a{hidden}b");
            assert_eq!(printable_line(&text), format!("a{}b", hidden.escape_default()));
        }
        // Emoji and scripts that need it are shown as they are.
        for text in ["❤\u{fe0f}", "\u{1f469}\u{200d}\u{1f4bb}", "می\u{200c}خواهم"] {
            assert_eq!(printable(text), text);
        }
    }
}
