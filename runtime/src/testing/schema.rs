//! The keys of a case file.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use toml::Spanned;

use crate::Error;
use crate::component::nearest;

/// A whole case file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CaseTable {
    pub(super) case_version: Spanned<i64>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default = "new_year")]
    pub(super) clock: Clock,
    pub(super) config: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) grants: GrantsTable,
    #[serde(default, deserialize_with = "text_or_table")]
    pub(super) expect_start_error: Option<ErrorTable>,
    #[serde(default)]
    pub(super) call: Vec<Spanned<CallTable>>,
}

/// `[grants]`: guest paths, and the directories that are found there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct GrantsTable {
    #[serde(default)]
    pub(super) file_read: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) file_write: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// `[[call]]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CallTable {
    #[serde(default, deserialize_with = "text_or_table")]
    pub(super) message: Option<MessageTable>,
    pub(super) invoke: Option<String>,
    pub(super) json: Option<Value>,
    #[serde(default, deserialize_with = "text_or_table")]
    pub(super) expect: Option<AnswerTable>,
    #[serde(default, deserialize_with = "text_or_table")]
    pub(super) expect_error: Option<ErrorTable>,
    pub(super) expect_denied: Option<String>,
    #[serde(default)]
    pub(super) after_upgrade: bool,
    #[serde(default)]
    pub(super) after_rollback: bool,
}

/// `message`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct MessageTable {
    pub(super) text: Option<String>,
    pub(super) base64: Option<Bytes>,
    pub(super) file: Option<String>,
    pub(super) json: Option<Value>,
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// `expect`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct AnswerTable {
    pub(super) text: Option<String>,
    pub(super) base64: Option<Bytes>,
    pub(super) file: Option<String>,
    pub(super) json: Option<Value>,
    pub(super) contains: Option<String>,
    pub(super) content_type: Option<String>,
}

/// `expect-error` and `expect-start-error`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ErrorTable {
    #[serde(default, deserialize_with = "code")]
    pub(super) code: Option<String>,
    pub(super) contains: Option<String>,
}

/// A time, as text or as a date-time of TOML.
#[derive(Debug, Deserialize)]
#[serde(try_from = "TimeText")]
pub(super) struct Clock(pub(super) DateTime<Utc>);

/// Bytes in base64.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Bytes(pub(super) Vec<u8>);

#[derive(Deserialize)]
#[serde(untagged)]
enum TimeText {
    Text(String),
    Literal(toml::value::Datetime),
}

/// The time of a case that names none.
pub(super) const NEW_YEAR: DateTime<Utc> = match DateTime::from_timestamp_secs(1_767_225_600) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

fn new_year() -> Clock {
    Clock(NEW_YEAR)
}

impl TryFrom<TimeText> for Clock {
    type Error = String;

    fn try_from(text: TimeText) -> Result<Self, String> {
        let text = match text {
            TimeText::Text(text) => text,
            TimeText::Literal(time) => time.to_string(),
        };
        let read: Result<DateTime<Utc>, _> = text.parse();
        match read {
            Ok(time) if time >= DateTime::UNIX_EPOCH => Ok(Self(time)),
            Ok(_) => Err("a clock shows no time before 1970".into()),
            Err(_) => Err(format!(
                "`{}` is not a time such as `2026-01-01T00:00:00Z`",
                text.escape_debug()
            )),
        }
    }
}

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // Long texts are written on several lines.
        let joined: String = text.split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(joined);
        decoded.map(Self).map_err(|error| format!("not base64: {error}"))
    }
}

/// A code of [`Error::CODES`].
fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    known_code(String::deserialize(deserializer)?).map(Some)
}

fn known_code<E: de::Error>(code: String) -> Result<String, E> {
    if Error::CODES.contains(&code.as_str()) {
        return Ok(code);
    }
    let hint = nearest(&code, Error::CODES.iter().copied());
    let hint = hint
        .map(|known| format!("; did you mean `{known}`?"))
        .unwrap_or_default();
    Err(E::custom(format!(
        "no error has the code `{}`{hint}",
        code.escape_debug()
    )))
}

/// What may be written as text when the text says it all.
trait FromText: Sized {
    fn from_text<E: de::Error>(text: String) -> Result<Self, E>;
}

impl FromText for MessageTable {
    fn from_text<E: de::Error>(text: String) -> Result<Self, E> {
        Ok(Self {
            text: Some(text),
            ..Self::default()
        })
    }
}

impl FromText for AnswerTable {
    fn from_text<E: de::Error>(text: String) -> Result<Self, E> {
        Ok(Self {
            text: Some(text),
            ..Self::default()
        })
    }
}

impl FromText for ErrorTable {
    fn from_text<E: de::Error>(text: String) -> Result<Self, E> {
        Ok(Self {
            code: Some(known_code(text)?),
            contains: None,
        })
    }
}

/// Reads a text or a table; unlike an untagged enum it says which key of the table is wrong.
fn text_or_table<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromText + Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Either<T>(PhantomData<T>);

    impl<'de, T: FromText + Deserialize<'de>> Visitor<'de> for Either<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a table")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            T::from_text(text.to_owned())
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Either(PhantomData)).map(Some)
}
