//! What a case calls a component with.

use std::path::PathBuf;

use serde_json::Value;

use super::error::Error;
use super::project_file::Place;
use super::schema::MessageTable;
use crate::component::Message;
use crate::typed::Invocation;

/// The longest part of a call that its label shows, in characters.
const MAX_SHOWN: usize = 60;

/// What a call sends.
#[derive(Debug)]
pub(super) enum Request {
    /// A message.
    Message {
        body: Body,
        content_type: Option<String>,
        metadata: Vec<(String, String)>,
    },
    /// A typed call in WAVE.
    Wave(String),
    /// A typed call with arguments in JSON: a list, or an object by the names of the parameters.
    Json(String, Value),
}

/// The body of a message.
#[derive(Debug)]
pub(super) enum Body {
    Text(String),
    Bytes(Vec<u8>),
    /// A file, relative to the case.
    File(PathBuf),
    Json(Value),
}

/// A call as it is sent, with what it names read from its files.
#[derive(Clone, Debug)]
pub(super) enum Sent {
    Message(Message),
    Wave(String),
    Typed(Invocation),
}

impl Request {
    /// A message, as the case file says it.
    pub(super) fn message(table: MessageTable) -> Result<Self, String> {
        let bodies = [
            table.text.map(Body::Text),
            table.base64.map(|bytes| Body::Bytes(bytes.0)),
            table.file.map(|path| relative(&path)).transpose()?.map(Body::File),
            table.json.map(Body::Json),
        ];
        let mut bodies = bodies.into_iter().flatten();
        let (Some(body), None) = (bodies.next(), bodies.next()) else {
            return Err("a message has one of `text`, `base64`, `file` and `json`".into());
        };
        Ok(Self::Message {
            body,
            content_type: table.content_type,
            metadata: table.metadata.into_iter().collect(),
        })
    }

    /// A typed call, as the case file says it.
    pub(super) fn invoke(text: String, json: Option<Value>) -> Result<Self, String> {
        match json {
            None if !text.contains('(') => Err(format!(
                "`invoke = \"{text}\"` has no arguments: write `{text}(…)`, or `json = […]` beside it"
            )),
            Some(_) if text.contains('(') => {
                Err("with `json` the arguments are there, and `invoke` is the name alone".into())
            }
            None => Ok(Self::Wave(text)),
            Some(arguments @ (Value::Array(_) | Value::Object(_))) => Ok(Self::Json(text, arguments)),
            Some(_) => Err("`json` is a list of the arguments, or a table of them by name".into()),
        }
    }

    /// What is sent; files are read there.
    pub(super) fn sent(&self, place: &Place) -> Result<Sent, Error> {
        Ok(match self {
            Self::Message {
                body,
                content_type,
                metadata,
            } => {
                let mut message = body.message(place)?;
                if let Some(content_type) = content_type {
                    message.content_type.clone_from(content_type);
                }
                message.metadata.clone_from(metadata);
                Sent::Message(message)
            }
            Self::Wave(call) => Sent::Wave(call.clone()),
            Self::Json(export, Value::Object(arguments)) => {
                Sent::Typed(Invocation::json_by_name(export.as_str(), arguments.clone()))
            }
            Self::Json(export, arguments) => {
                let arguments = arguments.as_array().cloned().unwrap_or_default();
                Sent::Typed(Invocation::json(export.as_str(), arguments))
            }
        })
    }

    /// Whether it calls a function of the component's own.
    pub(super) fn is_typed(&self) -> bool {
        !matches!(self, Self::Message { .. })
    }

    /// The call in a line, for reports and snapshots.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Message { body, .. } => match body {
                Body::Text(text) => format!("message {}", quoted(text)),
                Body::Bytes(bytes) => format!("message of {} bytes", bytes.len()),
                Body::File(path) => format!("message from {}", quoted(&path.to_string_lossy())),
                Body::Json(value) => format!("message {}", short(&value.to_string())),
            },
            Self::Wave(text) => format!("invoke {}", short(&escaped(text))),
            Self::Json(name, arguments) => {
                format!("invoke {} {}", escaped(name), short(&arguments.to_string()))
            }
        }
    }
}

impl Body {
    /// The message with this body; files are read there.
    pub(super) fn message(&self, place: &Place) -> Result<Message, Error> {
        Ok(match self {
            Self::Text(text) => Message::text(text.as_str()),
            Self::Bytes(bytes) => Message::bytes(bytes.as_slice()),
            Self::Json(value) => Message {
                content_type: "application/json".into(),
                ..Message::text(value.to_string())
            },
            Self::File(path) => {
                let bytes = place.read(path)?;
                match String::from_utf8(bytes) {
                    Ok(text) => Message::text(text),
                    Err(bytes) => Message::bytes(bytes.into_bytes()),
                }
            }
        })
    }
}

/// A path of this machine, as a case file says it.
pub(super) fn relative(path: &str) -> Result<PathBuf, String> {
    let found = PathBuf::from(path);
    if found.is_absolute() {
        return Err(format!(
            "`{path}` is absolute; name a path relative to the case, so that the case runs elsewhere"
        ));
    }
    Ok(found)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", short(&escaped(text)))
}

fn escaped(text: &str) -> String {
    text.escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

fn short(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    let begin: String = text.chars().take(MAX_SHOWN).collect();
    format!("{begin}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_short_line() {
        let message = |body| Request::Message {
            body,
            content_type: None,
            metadata: Vec::new(),
        };
        let check = |request: Request, label: &str| assert_eq!(request.label(), label);
        check(message(Body::Text("a\n'b'".into())), "message \"a\\n'b'\"");
        check(message(Body::Bytes(vec![1, 2])), "message of 2 bytes");
        check(message(Body::Json(serde_json::json!({"a": 1}))), "message {\"a\":1}");
        check(
            Request::Json("add".into(), serde_json::json!([1, 2])),
            "invoke add [1,2]",
        );
        let long = message(Body::Text("x".repeat(100))).label();
        assert!(long.len() < 80 && long.ends_with("…\""), "{long}");
    }
}
