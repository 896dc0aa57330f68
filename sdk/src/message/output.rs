//! What a component answers with.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ComponentInput;
use super::content::{BYTES, Content, TEXT};
use crate::error::ComponentError;

/// What a component answers with: bytes, their media type, and further names and values.
///
/// ```
/// use airssys_wasm_sdk::ComponentOutput;
///
/// let page = ComponentOutput::text("<p>hello</p>").with_content_type("text/html");
/// assert_eq!(page.content_type(), "text/html");
/// assert_eq!(page.as_text()?, "<p>hello</p>");
/// # Ok::<(), airssys_wasm_sdk::ComponentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentOutput(pub(crate) Content);

impl ComponentOutput {
    /// Bytes of the media type `application/octet-stream`.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self(Content::new(BYTES, body.into()))
    }

    /// Text of the media type `text/plain`.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Content::new(TEXT, text.into().into_bytes()))
    }

    /// JSON of the media type `application/json`.
    ///
    /// Fails with the code `not-json` when `value` has no JSON form, such as a map whose keys are not strings.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, ComponentError> {
        Content::from_json(value).map(Self)
    }

    /// The same output with another media type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.0.content_type = content_type.into();
        self
    }

    /// The same output with one more name and value.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.push((name.into(), value.into()));
        self
    }

    /// The media type of the body.
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// The bytes.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The bytes, without a copy.
    pub fn into_body(self) -> Vec<u8> {
        self.0.body
    }

    /// The body as text.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when it is not UTF-8.
    pub fn as_text(&self) -> Result<&str, ComponentError> {
        self.0.text()
    }

    /// The body as a value that was written as JSON.
    ///
    /// Fails with [`ComponentError::InvalidInput`] when it is not JSON, or not of this shape.
    pub fn parse_json<T: DeserializeOwned>(&self) -> Result<T, ComponentError> {
        self.0.json()
    }

    /// The first value that was added under this name.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.0.value(name)
    }

    /// Every name and value, in the order in which they were added.
    pub fn all_metadata(&self) -> &[(String, String)] {
        &self.0.metadata
    }
}

/// The input as it came, with its media type and its metadata.
impl From<ComponentInput> for ComponentOutput {
    fn from(input: ComponentInput) -> Self {
        Self(input.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_constructor_names_its_media_type() {
        let content_type = |output: ComponentOutput| output.content_type().to_owned();
        assert_eq!(content_type(ComponentOutput::new([1])), "application/octet-stream");
        assert_eq!(content_type(ComponentOutput::text("a")), "text/plain");
        assert_eq!(content_type(ComponentOutput::json(&1).unwrap()), "application/json");
    }

    #[test]
    fn a_value_without_a_json_form_is_the_components_fault() {
        let unwritable = BTreeMap::from([([1, 2], "a key that is no string")]);
        assert_eq!(
            ComponentOutput::json(&unwritable).unwrap_err(),
            ComponentError::failed("not-json", "key must be a string")
        );
    }

    #[test]
    fn an_input_can_be_answered_as_it_came() {
        let input = ComponentInput::from_text("hello").with_metadata("tag", "a");
        let output = ComponentOutput::from(input);
        assert_eq!(output.as_text(), Ok("hello"));
        assert_eq!(output.content_type(), "text/plain");
        assert_eq!(output.metadata("tag"), Some("a"));
    }
}
