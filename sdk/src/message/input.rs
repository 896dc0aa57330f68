//! What a component is called with.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::content::{BYTES, Content, TEXT};
use crate::error::ComponentError;

/// What a component is called with: bytes, their media type, and further names and values.
///
/// ```
/// use airssys_wasm_sdk::ComponentInput;
///
/// let input = ComponentInput::from_json(&["a", "b"])?.with_metadata("locale", "en");
/// assert_eq!(input.content_type(), "application/json");
/// assert_eq!(input.json::<Vec<String>>()?, ["a", "b"]);
/// assert_eq!(input.metadata("locale"), Some("en"));
/// # Ok::<(), airssys_wasm_sdk::ComponentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentInput(pub(crate) Content);

impl ComponentInput {
    /// Bytes of the media type `application/octet-stream`.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self(Content::new(BYTES, body.into()))
    }

    /// Text of the media type `text/plain`.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(Content::new(TEXT, text.into().into_bytes()))
    }

    /// JSON of the media type `application/json`.
    ///
    /// Fails with the code `not-json` when `value` has no JSON form.
    pub fn from_json(value: &(impl Serialize + ?Sized)) -> Result<Self, ComponentError> {
        Content::from_json(value).map(Self)
    }

    /// The same input with another media type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.0.content_type = content_type.into();
        self
    }

    /// The same input with one more name and value.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.push((name.into(), value.into()));
        self
    }

    /// The media type of the body, for example `text/plain`.
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// The bytes as they came.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The bytes as they came, without a copy.
    pub fn into_body(self) -> Vec<u8> {
        self.0.body
    }

    /// The body as text, whatever its media type.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when it is not UTF-8.
    pub fn text(&self) -> Result<&str, ComponentError> {
        self.0.text()
    }

    /// The body as a value that was written as JSON, whatever its media type.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when it is not JSON, or not of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ComponentError> {
        self.0.json()
    }

    /// The first value that came under this name.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.0.value(name)
    }

    /// Every name and value, in the order in which they were given.
    pub fn all_metadata(&self) -> &[(String, String)] {
        &self.0.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_read_as_bytes_as_text_and_as_json() {
        let input = ComponentInput::new("[1,2]");
        assert_eq!(input.content_type(), "application/octet-stream");
        assert_eq!(input.body(), b"[1,2]");
        assert_eq!(input.text(), Ok("[1,2]"));
        assert_eq!(input.json(), Ok([1, 2]));
        assert_eq!(input.into_body(), b"[1,2]");
    }

    #[test]
    fn a_body_that_is_not_text_is_the_callers_fault() {
        let error = ComponentInput::new([0xff]).text().unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid input: the body is not UTF-8 text: \
             invalid utf-8 sequence of 1 bytes from index 0"
        );
    }

    #[test]
    fn a_body_of_another_shape_is_the_callers_fault() {
        let error = ComponentInput::from_text("7").json::<bool>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid input: the body is not the expected JSON: \
             invalid type: integer `7`, expected a boolean at line 1 column 1"
        );
    }

    #[test]
    fn the_first_value_of_a_name_is_returned_and_all_are_kept() {
        let input = ComponentInput::new("")
            .with_metadata("tag", "a")
            .with_metadata("tag", "b");
        assert_eq!(input.metadata("tag"), Some("a"));
        assert_eq!(input.metadata("other"), None);
        assert_eq!(input.all_metadata().len(), 2);
    }
}
