//! What a call carries, and how a component answers when it does not answer with a message.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest body of a message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// What a call carries, in both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The media type of `body`, for example `text/plain`.
    pub content_type: String,
    /// The payload: at most [`MAX_MESSAGE_BYTES`].
    pub body: Vec<u8>,
    /// Further names and values, in the order in which they were given.
    pub metadata: Vec<(String, String)>,
}

impl Message {
    /// A message of UTF-8 text, of the type `text/plain; charset=utf-8`.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8".into(),
            body: text.into().into_bytes(),
            metadata: Vec::new(),
        }
    }

    /// A message of bytes, of the type `application/octet-stream`.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: "application/octet-stream".into(),
            body: body.into(),
            metadata: Vec::new(),
        }
    }

    /// The payload as text; bytes that are no UTF-8 become U+FFFD.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// The error a component answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ComponentError {
    /// The input cannot be used.
    #[error("invalid input: {0}")]
    InvalidInput(String),
    /// The component or its caller may not do this.
    #[error("denied: {0}")]
    Denied(String),
    /// The component cannot answer now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The component failed.
    #[error("{0}")]
    Failed(Failure),
}

/// A failure with a code of the component's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A short code that stays the same between releases.
    pub code: String,
    /// What happened, for a person.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// What a component says of its own health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "health", content = "reason")]
#[non_exhaustive]
pub enum Health {
    /// It can do its work.
    Healthy,
    /// It can, with restrictions.
    Degraded(String),
    /// It cannot.
    Unhealthy(String),
}
