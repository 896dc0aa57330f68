//! What is called, and with which arguments, before the export's types are known.

use serde::{Deserialize, Serialize};

use crate::error::{Bounded, Error};

use super::mistake::ArgumentError;

/// The longest text of one call, in bytes.
const MAX_TEXT: usize = crate::component::MAX_MESSAGE_BYTES;

/// One call of an export by its own name and types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    pub(crate) export: String,
    pub(crate) arguments: Arguments,
}

/// The arguments as they were given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Arguments {
    /// WAVE, with its parentheses.
    Wave(String),
    /// One JSON value for each parameter.
    Json(Vec<serde_json::Value>),
    /// JSON values by the names of the parameters.
    JsonByName(serde_json::Map<String, serde_json::Value>),
}

impl Invocation {
    /// A call as `wasmtime run --invoke` takes it: `EXPORT(ARGUMENTS)`, with the arguments in WAVE.
    ///
    /// The export is named as briefly as it is unambiguous: `execute`, `handler#execute` or
    /// `acme:shop/handler@1.0.0#execute`. The form `acme:shop/handler.execute@1.0.0` means the same.
    ///
    /// # Errors
    ///
    /// [`Error::Arguments`] when the text has another form, [`Error::TooLarge`] beyond 4 MiB.
    pub fn wave(text: &str) -> Result<Self, Error> {
        let (export, arguments) = parts(text, "EXPORT(ARGUMENTS), for example `add(1, 2)`")?;
        Ok(Self {
            export: export.trim().to_owned(),
            arguments: Arguments::Wave(text[arguments..].to_owned()),
        })
    }

    /// A call with JSON arguments: `EXPORT(JSON, JSON, …)`, for example `add({"x": 1}, [2])`.
    ///
    /// # Errors
    ///
    /// [`Error::Arguments`] when the text has another form, [`Error::TooLarge`] beyond 4 MiB.
    pub fn json_text(text: &str) -> Result<Self, Error> {
        let form = "EXPORT(JSON, JSON, …), for example `add(1, {\"x\": 2})`";
        let (export, open) = parts(text, form)?;
        let inner = text[open + 1..]
            .trim_end()
            .strip_suffix(')')
            .ok_or_else(|| ArgumentError::form(export, text, text.len()..text.len(), "a closing `)` is missing"))?;
        let values = serde_json::from_str(&format!("[{inner}]")).map_err(|error| {
            let said = error.to_string();
            let reason = said.split(" at line ").next().unwrap_or(&said).to_owned();
            // The column counts bytes from 1 and the bracket is where the parenthesis was.
            let at = match error.line() {
                1 => open + error.column().saturating_sub(1),
                _ => open,
            };
            ArgumentError::form(export, text, at..at + 1, reason)
        })?;
        Ok(Self::json(export.trim(), values))
    }

    /// A call of `export` with one JSON value for each of its parameters.
    pub fn json(export: impl Into<String>, arguments: Vec<serde_json::Value>) -> Self {
        Self {
            export: export.into(),
            arguments: Arguments::Json(arguments),
        }
    }

    /// A call of `export` with JSON values by the names of its parameters.
    pub fn json_by_name(export: impl Into<String>, arguments: serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            export: export.into(),
            arguments: Arguments::JsonByName(arguments),
        }
    }

    /// The export's name, as it was given.
    pub fn export(&self) -> &str {
        &self.export
    }
}

/// The export's name, and where its arguments begin.
fn parts<'a>(text: &'a str, form: &str) -> Result<(&'a str, usize), Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::too_large(Bounded::Message, text.len(), MAX_TEXT));
    }
    match text.find('(') {
        Some(open) if !text[..open].trim().is_empty() => Ok((&text[..open], open)),
        _ => {
            let reason = format!("a call has the form {form}");
            Err(ArgumentError::form("", text, 0..text.len(), reason).into())
        }
    }
}
