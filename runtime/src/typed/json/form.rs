//! The forms in which bytes are written as JSON.

use serde::{Deserialize, Serialize};

/// How `list<u8>` is written as JSON.
/// Read are all three forms: `[104, 105]`, `{"base64": "aGk="}` and `{"text": "hi"}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ByteForm {
    /// An array of numbers, as every other list.
    #[default]
    Array,
    /// `{"base64": "…"}`.
    Base64,
    /// `{"text": "…"}` where the bytes are UTF-8, `{"base64": "…"}` where they are not.
    Text,
}
