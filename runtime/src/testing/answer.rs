//! What a component answered, and how it is shown: always the same text for the same answer.

use std::fmt;

use serde_json::Value as Json;

use super::outcome::Difference;
use crate::component::{Digest, Message};
use crate::printable::{printable, printable_line};
use crate::typed::{ByteForm, Value};

/// The most bytes of a binary answer that are shown.
const MAX_HEX: usize = 512;

/// The content types of text that is shown without naming its type.
const PLAIN: [&str; 2] = ["text/plain", "text/plain; charset=utf-8"];

/// The bytes in a line of a binary answer.
const HEX_LINE: usize = 16;

/// What a component answered.
///
/// As text it is the same whenever the answer is the same: plain text as it is, JSON indented, bytes in hexadecimal, a
/// value in WAVE, an error with its code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A message.
    Message(Message),
    /// What a function of the component's own returned.
    Value(Value),
    /// An error, of the component or of the host.
    Error(crate::Error),
}

/// An answer as lines: what it is, and what it says.
pub(super) struct Shown {
    /// Empty for plain text, which needs no explanation.
    pub(super) head: Vec<String>,
    pub(super) body: String,
}

impl Answer {
    /// The answer of a call, or its error.
    pub(super) fn of<T>(result: crate::Result<T>, answer: impl FnOnce(T) -> Self) -> Self {
        match result {
            Ok(answered) => answer(answered),
            Err(error) => Self::error(error),
        }
    }

    /// An error; of a failed deployment its reason, because the deployment is the harness's own.
    pub(super) fn error(error: crate::Error) -> Self {
        match error {
            crate::Error::Deployment { reason, .. } => Self::Error(*reason),
            error => Self::Error(error),
        }
    }

    /// The stable code of the error, when it is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Error(error) => Some(error.code().as_str()),
            _ => None,
        }
    }

    /// What it says as text: the body of a message as it is, a value in WAVE, the error's own words.
    pub fn text(&self) -> String {
        match self {
            Self::Message(message) => message.to_text().into_owned(),
            Self::Value(value) => value.to_wave(),
            Self::Error(error) => error.to_string(),
        }
    }

    /// The answer as JSON; none when it is no JSON.
    pub fn to_json(&self) -> Option<Json> {
        match self {
            Self::Message(message) => serde_json::from_slice(&message.body).ok(),
            Self::Value(value) => Some(value.to_json(ByteForm::default())),
            Self::Error(_) => None,
        }
    }

    pub(super) fn shown(&self) -> Shown {
        match self {
            Self::Message(message) => shown(message),
            Self::Value(value) => Shown {
                head: Vec::new(),
                body: printable(&value.to_wave()),
            },
            Self::Error(error) => Shown {
                head: vec![format!("error {}", error.code())],
                body: printable(&error.to_string()),
            },
        }
    }

    /// How this answer differs from text that was expected.
    pub(super) fn unlike(&self, reason: impl Into<String>, expected: impl Into<String>) -> Difference {
        Difference {
            reason: reason.into(),
            expected: expected.into(),
            actual: self.to_string(),
        }
    }
}

/// An answer in lines of text, without what could steer a terminal.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { head, body } = self.shown();
        for line in head {
            writeln!(f, "{line}")?;
        }
        f.write_str(&body)
    }
}

fn shown(message: &Message) -> Shown {
    let mut head = Vec::new();
    let text = std::str::from_utf8(&message.body)
        .ok()
        .filter(|text| !text.contains('\0'));
    let json = is_json(&message.content_type)
        .then(|| serde_json::from_slice::<Json>(&message.body).ok())
        .flatten();
    if !PLAIN.contains(&message.content_type.as_str()) || text.is_none() {
        head.push(format!("type {}", printable_line(&message.content_type)));
    }
    for (name, value) in &message.metadata {
        head.push(format!("metadata {}: {}", printable_line(name), printable_line(value)));
    }
    let body = match (json, text) {
        (Some(json), _) => pretty(&json),
        (None, Some(text)) => {
            // Of a text that is shown in lines nobody sees whether the last one is ended.
            if text.ends_with('\n') {
                head.push("ends with a line end".into());
            }
            printable(text.strip_suffix('\n').unwrap_or(text))
        }
        (None, None) => hexadecimal(&message.body),
    };
    Shown { head, body }
}

/// JSON in lines; JSON itself escapes only some of what could steer a terminal.
pub(super) fn pretty(value: &Json) -> String {
    printable(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// Bytes as `hexdump -C` shows them, without the letters.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut lines: Vec<String> = bytes[..bytes.len().min(MAX_HEX)]
        .chunks(HEX_LINE)
        .enumerate()
        .map(|(number, chunk)| {
            let digits: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{:08x}  {}", number * HEX_LINE, digits.join(" "))
        })
        .collect();
    if bytes.len() > MAX_HEX {
        lines.push(format!("{} bytes, sha256 {}", bytes.len(), Digest::of(bytes)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ComponentError;

    fn check(content_type: &str, body: &[u8], text: &str) {
        let message = Message {
            content_type: content_type.into(),
            body: body.to_vec(),
            metadata: Vec::new(),
        };
        assert_eq!(Answer::Message(message).to_string(), text);
    }

    #[test]
    fn an_answer_is_shown_by_what_it_is() {
        const PLAIN: &str = "text/plain; charset=utf-8";
        check(PLAIN, b"hello", "hello");
        check(PLAIN, b"two\nlines\n", "ends with a line end\ntwo\nlines");
        check(PLAIN, b"a\x1b[31m\r", "a\\u{1b}[31m\\r");
        check("text/plain", b"hello", "hello");
        check("text/csv", b"a,b", "type text/csv\na,b");
        check(
            "application/json",
            b"{\"b\":[1],\"a\":null}",
            "type application/json\n{\n  \"a\": null,\n  \"b\": [\n    1\n  ]\n}",
        );
        check("application/json", b"{", "type application/json\n{");
        check(
            "application/json",
            "\"\u{9b}\u{7f}\u{202e}\"".as_bytes(),
            "type application/json\n\"\\u{9b}\\u{7f}\\u{202e}\"",
        );
        check("image/png", &[0, 255], "type image/png\n00000000  00 ff");
    }

    #[test]
    fn long_bytes_are_told_apart_by_their_digest() {
        let shown = hexadecimal(&[7; 600]);
        assert_eq!(shown.lines().count(), 33);
        assert!(
            shown.lines().last().unwrap().starts_with("600 bytes, sha256 "),
            "{shown}"
        );
    }

    #[test]
    fn an_error_has_its_code() {
        let reason = Box::new(crate::Error::Fuel { fuel: 7 });
        let label = "a@1.0.0".into();
        let answer = Answer::error(crate::Error::Deployment { label, reason });
        assert_eq!(
            answer.to_string(),
            "error fuel-exhausted\nthe guest used up its fuel of 7"
        );
        let said = ComponentError::Denied("one\r\ntwo \u{1b}[31m".into());
        assert_eq!(
            Answer::error(crate::Error::Guest(said)).to_string(),
            "error guest-error\nthe component answered: denied: one\\r\ntwo \\u{1b}[31m"
        );
    }
}
