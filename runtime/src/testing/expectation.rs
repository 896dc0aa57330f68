//! What a case expects of an answer.

use std::path::PathBuf;

use serde_json::Value;

use super::answer::{Answer, hexadecimal, pretty};
use super::error::Error;
use super::outcome::Difference;
use super::project_file::Place;
use super::request::relative;
use super::schema::{AnswerTable, ErrorTable};
use crate::component::ComponentError;
use crate::printable::printable;

/// What is expected of an answer.
#[derive(Debug)]
pub(super) enum Expectation {
    /// An answer; everything that is said of it holds.
    Answer(AnswerExpectation),
    /// An error.
    Error(ErrorExpectation),
    /// The component denies, and says this in its reason.
    Denied(String),
    /// What the snapshot says.
    Snapshot,
}

/// What is expected of an answer that is no error.
#[derive(Debug)]
pub(super) struct AnswerExpectation {
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    file: Option<PathBuf>,
    json: Option<Value>,
    contains: Option<String>,
    content_type: Option<String>,
}

/// What is expected of an error.
#[derive(Debug)]
pub(super) struct ErrorExpectation {
    code: Option<String>,
    contains: Option<String>,
}

impl Expectation {
    /// `expect`, as the case file says it.
    pub(super) fn answer(table: AnswerTable, is_typed: bool) -> Result<Self, String> {
        if is_typed && (table.base64.is_some() || table.file.is_some() || table.content_type.is_some()) {
            return Err("what a function returns is expected as text, or with `json` or `contains`".into());
        }
        let wholes = [
            table.text.is_some(),
            table.base64.is_some(),
            table.file.is_some(),
            table.json.is_some(),
        ];
        match wholes.into_iter().filter(|said| *said).count() {
            0 if table.contains.is_none() && table.content_type.is_none() => {
                Err("`expect` says nothing; leave it out to compare with the snapshot".into())
            }
            0 | 1 => Ok(Self::Answer(AnswerExpectation {
                text: table.text,
                bytes: table.base64.map(|bytes| bytes.0),
                file: table.file.map(|path| relative(&path)).transpose()?,
                json: table.json,
                contains: table.contains,
                content_type: table.content_type,
            })),
            _ => Err("`expect` has one of `text`, `base64`, `file` and `json`".into()),
        }
    }

    /// How the answer differs; files are read in this place.
    /// What is expected by the snapshot is compared there.
    pub(super) fn check(&self, answer: &Answer, place: &Place) -> Result<Option<Difference>, Error> {
        Ok(match self {
            Self::Answer(expectation) => expectation.check(answer, place)?,
            Self::Error(expectation) => expectation.check(answer),
            Self::Denied(part) => denied(answer, part),
            Self::Snapshot => None,
        })
    }
}

impl AnswerExpectation {
    fn check(&self, answer: &Answer, place: &Place) -> Result<Option<Difference>, Error> {
        if let Answer::Error(_) = answer {
            return Ok(Some(answer.unlike("an answer was expected, not an error", self.said())));
        }
        if let Some(expected) = &self.text
            && answer.text() != *expected
        {
            return Ok(Some(Difference {
                reason: "the answer differs".into(),
                expected: marked(expected),
                actual: marked(&answer.text()),
            }));
        }
        let bytes = match &self.file {
            Some(file) => Some(place.read(file)?),
            None => self.bytes.clone(),
        };
        if let (Some(expected), Answer::Message(message)) = (bytes, answer)
            && message.body != expected
        {
            return Ok(Some(Difference {
                reason: "the answer has other bytes".into(),
                expected: hexadecimal(&expected),
                actual: hexadecimal(&message.body),
            }));
        }
        if let Some(expected) = &self.json {
            match answer.to_json() {
                Some(actual) if same(expected, &actual) => {}
                Some(actual) => {
                    return Ok(Some(Difference {
                        reason: "the answer is other JSON".into(),
                        expected: pretty(expected),
                        actual: pretty(&actual),
                    }));
                }
                None => return Ok(Some(answer.unlike("the answer is no JSON", pretty(expected)))),
            }
        }
        if let Some(part) = self.contains.as_deref().filter(|part| !answer.text().contains(part)) {
            return Ok(Some(
                answer.unlike("the answer does not contain what it should", printable(part)),
            ));
        }
        if let (Some(expected), Answer::Message(message)) = (&self.content_type, answer)
            && message.content_type != *expected
        {
            return Ok(Some(Difference {
                reason: "the answer has another content type".into(),
                expected: printable(expected),
                actual: printable(&message.content_type),
            }));
        }
        Ok(None)
    }

    /// What is expected, in words where it is not one text.
    fn said(&self) -> String {
        let text = self.text.as_deref().or(self.contains.as_deref()).map(printable);
        let json = self.json.as_ref().map(pretty);
        let bytes = self.bytes.as_deref().map(hexadecimal);
        let file = self
            .file
            .as_ref()
            .map(|file| format!("the bytes of {}", file.display()));
        let content_type = self.content_type.as_ref().map(|expected| format!("type {expected}"));
        text.or(json).or(bytes).or(file).or(content_type).unwrap_or_default()
    }
}

impl ErrorExpectation {
    /// `expect-error`, as the case file says it.
    pub(super) fn read(table: ErrorTable) -> Result<Self, String> {
        let ErrorTable { code, contains } = table;
        if code.is_none() && contains.is_none() {
            return Err("the expected error has neither `code` nor `contains`".into());
        }
        Ok(Self { code, contains })
    }

    /// How the answer differs.
    pub(super) fn check(&self, answer: &Answer) -> Option<Difference> {
        let Some(code) = answer.code() else {
            return Some(answer.unlike("an error was expected", self.said()));
        };
        if self.code.as_deref().is_some_and(|expected| expected != code) {
            return Some(answer.unlike("the error has another code", self.said()));
        }
        let text = answer.text();
        if self.contains.as_deref().is_some_and(|part| !text.contains(part)) {
            return Some(answer.unlike("the error does not say what it should", self.said()));
        }
        None
    }

    /// The error that is expected, as an answer shows it.
    pub(super) fn said(&self) -> String {
        let code = self.code.as_ref().map(|code| format!("error {code}"));
        let lines = code.into_iter().chain(self.contains.as_deref().map(printable));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn denied(answer: &Answer, part: &str) -> Option<Difference> {
    let said = || format!("error guest-error\ndenied: {}", printable(part));
    match answer {
        Answer::Error(crate::Error::Guest(ComponentError::Denied(reason))) if reason.contains(part) => None,
        Answer::Error(crate::Error::Guest(ComponentError::Denied(_))) => {
            Some(answer.unlike("the denial does not say what it should", said()))
        }
        _ => Some(answer.unlike("the component was to deny", said())),
    }
}

/// Text of which also the end can be seen.
fn marked(text: &str) -> String {
    match text.strip_suffix('\n') {
        Some(rest) => format!("{}\n(ends with a line end)", printable(rest)),
        None => printable(text),
    }
}

/// Whether two values are the same; a number is, however it is written.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::component::Message;
    use crate::testing::Case;

    /// Whether an answer is what this line of a case expects.
    fn check(expectation: &str, answer: &Answer, reason: Option<&str>) {
        let text = format!("case-version = 1\n[[call]]\nmessage = \"\"\n{expectation}\n");
        let case = Case::parse("a.toml", &text).unwrap();
        let found = case.calls[0].expectation.check(answer, &case.place()).unwrap();
        assert_eq!(
            found.as_ref().map(|found| found.reason.as_str()),
            reason,
            "{expectation}"
        );
    }

    #[test]
    fn an_answer_is_compared_with_everything_that_is_said() {
        let answer = Answer::Message(Message {
            content_type: "application/json".into(),
            ..Message::text("{\"n\": 3.0, \"list\": [1]}")
        });
        check("expect = { json = { n = 3, list = [1] } }", &answer, None);
        check(
            "expect = { contains = \"list\", content-type = \"application/json\" }",
            &answer,
            None,
        );
        check(
            "expect = { json = { n = 3 } }",
            &answer,
            Some("the answer is other JSON"),
        );
        check("expect = \"{}\"", &answer, Some("the answer differs"));
        check(
            "expect = { base64 = \"AA==\" }",
            &answer,
            Some("the answer has other bytes"),
        );
        check(
            "expect = { contains = \"list\", content-type = \"text/html\" }",
            &answer,
            Some("the answer has another content type"),
        );
        check("expect-error = \"trap\"", &answer, Some("an error was expected"));
        check("expect-denied = \"\"", &answer, Some("the component was to deny"));
    }

    #[test]
    fn an_error_is_compared_by_code_and_text() {
        let denial = Answer::Error(crate::Error::Guest(ComponentError::Denied("not for you".into())));
        check("expect-denied = \"for you\"", &denial, None);
        check("expect-denied = \"\"", &denial, None);
        check(
            "expect-denied = \"x\"",
            &denial,
            Some("the denial does not say what it should"),
        );
        check("expect-error = \"guest-error\"", &denial, None);
        check("expect-error = { contains = \"for you\" }", &denial, None);
        check("expect-error = \"trap\"", &denial, Some("the error has another code"));
        check(
            "expect-error = { contains = \"for me\" }",
            &denial,
            Some("the error does not say what it should"),
        );
        check("expect = \"a\"", &denial, Some("an answer was expected, not an error"));
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert!(same(&json!({"a": [1, 2.5]}), &json!({"a": [1.0, 2.5]})));
        assert!(!same(&json!([1]), &json!([2])));
        assert!(!same(&json!(u64::MAX), &json!(u64::MAX - 1)));
    }
}
