//! Why a component did not produce a result.

use std::error::Error;
use std::fmt;
use std::io;
use std::str::Utf8Error;
use std::string::FromUtf8Error;

use crate::message::ComponentOutput;

/// What a call to a component ends with: an output, or the reason why there is none.
pub type ComponentResult = Result<ComponentOutput, ComponentError>;

/// Why a component did not produce a result.
///
/// The variant tells the caller what to do next: change the input, ask for a grant, try later, or report a fault.
/// Errors of serde_json, of UTF-8 decoding and of [`std::io`] turn into it with `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentError {
    /// The caller's input cannot be used; the text says why.
    /// The same call will fail again.
    InvalidInput(String),
    /// The caller or the component may not do this; the text says what.
    Denied(String),
    /// The component cannot answer now; the same call may succeed later.
    Unavailable(String),
    /// The component failed.
    Failed {
        /// A short code that stays the same between releases, for example `quota-exceeded`.
        code: String,
        /// What happened, for a person.
        message: String,
    },
}

impl ComponentError {
    /// The input cannot be used, for the given reason.
    pub fn invalid_input(reason: impl Into<String>) -> Self {
        Self::InvalidInput(reason.into())
    }

    /// The access or the call is not permitted.
    pub fn denied(what: impl Into<String>) -> Self {
        Self::Denied(what.into())
    }

    /// The component cannot answer now, for the given reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// The component failed.
    ///
    /// Callers match on `code`, so it must stay the same between releases; `message` is for a person.
    pub fn failed(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Failed {
            code: code.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput(reason) => write!(formatter, "invalid input: {reason}"),
            Self::Denied(what) => write!(formatter, "denied: {what}"),
            Self::Unavailable(reason) => write!(formatter, "unavailable: {reason}"),
            Self::Failed { code, message } => write!(formatter, "failed ({code}): {message}"),
        }
    }
}

impl Error for ComponentError {}

/// JSON that does not parse, or does not have the expected shape, is the caller's input.
impl From<serde_json::Error> for ComponentError {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidInput(error.to_string())
    }
}

impl From<Utf8Error> for ComponentError {
    fn from(error: Utf8Error) -> Self {
        Self::InvalidInput(error.to_string())
    }
}

impl From<FromUtf8Error> for ComponentError {
    fn from(error: FromUtf8Error) -> Self {
        error.utf8_error().into()
    }
}

/// A refused access is [`ComponentError::Denied`]; everything else fails with the code `io`.
impl From<io::Error> for ComponentError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied(error.to_string()),
            _ => Self::failed("io", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: ComponentError, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn every_error_says_its_kind_and_its_reason() {
        check(ComponentError::invalid_input("no name"), "invalid input: no name");
        check(ComponentError::denied("/etc"), "denied: /etc");
        check(ComponentError::unavailable("starting"), "unavailable: starting");
        check(
            ComponentError::failed("quota-exceeded", "3 of 3 used"),
            "failed (quota-exceeded): 3 of 3 used",
        );
    }

    #[test]
    fn a_refused_file_is_denied_and_other_trouble_with_files_fails() {
        check(
            io::Error::new(io::ErrorKind::PermissionDenied, "no grant").into(),
            "denied: no grant",
        );
        check(
            io::Error::new(io::ErrorKind::NotFound, "gone").into(),
            "failed (io): gone",
        );
    }

    #[test]
    fn json_and_text_that_do_not_parse_are_invalid_input() {
        let json = serde_json::from_str::<u8>("{").unwrap_err();
        assert!(matches!(json.into(), ComponentError::InvalidInput(_)));
        let text = String::from_utf8(vec![0xff]).unwrap_err();
        assert!(matches!(text.into(), ComponentError::InvalidInput(_)));
    }
}
