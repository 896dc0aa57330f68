//! What a host answers when a component does not: a status, and a JSON object that says why.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::answer::{ResponseBody, full};
use crate::component::ComponentError;
use crate::error::{Bounded, Error};
use crate::printable::printable_line;

/// The longest message, in characters.
const MAX_MESSAGE: usize = 2_000;

/// A request that a host answers itself, because it cannot be answered as it was meant.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    code: &'static str,
    message: String,
    /// What those are told who are not to learn what is there, when it is less.
    known_as: Option<&'static str>,
    further: Option<Further>,
    /// Whether the connection ends: what comes on it is not read.
    is_last: bool,
}

/// What a client is told beside the status.
#[derive(Clone, Copy, Debug)]
enum Further {
    /// The methods that the path has.
    Allow(&'static str),
    /// To come again in a second.
    ComeAgain,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            known_as: None,
            further: None,
            is_last: false,
        }
    }

    /// What other machines are told instead of the message.
    pub(super) fn known_as(self, message: &'static str) -> Self {
        Self {
            known_as: Some(message),
            ..self
        }
    }

    /// As it is told where other machines may ask: without the names of what they did not name.
    pub(super) fn for_strangers(self) -> Self {
        Self {
            message: self.known_as.map_or(self.message, str::to_owned),
            ..self
        }
    }

    /// The last answer on its connection.
    pub(super) fn last(self) -> Self {
        Self { is_last: true, ..self }
    }

    fn with(self, further: Further) -> Self {
        Self {
            further: Some(further),
            ..self
        }
    }

    /// A request that breaks the rules of HTTP, or of this host.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// A method that the path does not have.
    pub(super) fn method(allowed: &'static str) -> Self {
        let message = format!("the methods of this path are {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message).with(Further::Allow(allowed))
    }

    /// More at one time than there may be.
    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).with(Further::ComeAgain)
    }

    /// A header or a body that did not come in time.
    pub(super) fn too_slow(what: &str) -> Self {
        let message = format!("the {what} of the request came too slowly");
        Self::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", message).last()
    }

    /// A body over its limit.
    pub(super) fn too_large(limit: u64) -> Self {
        let message = format!("the body of the request is larger than the limit of {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message).last()
    }

    /// The response.
    pub(super) fn response(self) -> Response<ResponseBody> {
        let mut response = Response::new(full(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(further) = self.further {
            let (name, value) = match further {
                Further::Allow(methods) => (header::ALLOW, methods),
                Further::ComeAgain => (header::RETRY_AFTER, "1"),
            };
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_last {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The whole response as bytes, for a connection that no request came on.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let body = self.body();
        let head = format!(
            "HTTP/1.1 {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.status,
            body.len()
        );
        [head.into_bytes(), body].concat()
    }

    fn body(&self) -> Vec<u8> {
        let message = printable_line(&self.message.chars().take(MAX_MESSAGE).collect::<String>());
        let mut body = json!({ "error": { "code": self.code, "message": message } }).to_string();
        body.push('\n');
        body.into_bytes()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = status(&error);
        let message = match is_for_clients(&error) {
            true => error.to_string(),
            false => {
                tracing::error!(code = error.code().as_str(), %error, "a request could not be answered");
                "the host could not answer the request".into()
            }
        };
        let refusal = Self::new(status, error.code().as_str(), message);
        let refusal = match known_as(&error) {
            Some(message) => refusal.known_as(message),
            None => refusal,
        };
        match error {
            Error::Busy { .. } | Error::OverBudget { .. } | Error::BackingOff { .. } | Error::Quarantined { .. } => {
                refusal.with(Further::ComeAgain)
            }
            _ => refusal,
        }
    }
}

/// The status that says what an error says.
fn status(error: &Error) -> StatusCode {
    match error {
        Error::UnknownComponent { .. } | Error::UnknownExport { .. } => StatusCode::NOT_FOUND,
        Error::Guest(ComponentError::InvalidInput(_))
        | Error::Arguments(_)
        | Error::UnsupportedType { .. }
        | Error::ReservedExport(_)
        | Error::NotCallable { .. }
        | Error::Name(_)
        | Error::BrokenRequest { .. } => StatusCode::BAD_REQUEST,
        Error::Guest(ComponentError::Denied(_)) => StatusCode::FORBIDDEN,
        Error::TooLarge {
            what: Bounded::Message, ..
        } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::NoResponse { .. } => StatusCode::BAD_GATEWAY,
        Error::Guest(ComponentError::Unavailable(_))
        | Error::Busy { .. }
        | Error::OverBudget { .. }
        | Error::BackingOff { .. }
        | Error::Quarantined { .. }
        | Error::Closed
        | Error::AuditUnavailable { .. }
        | Error::Cancelled { .. }
        | Error::Unhealthy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Deadline { .. } => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What other machines are told of an error that names what they did not name: other components, files and functions.
fn known_as(error: &Error) -> Option<&'static str> {
    match error {
        Error::UnknownComponent { .. } => Some("no component of that name is deployed"),
        Error::UnknownExport { .. } => Some("the component has no export of that name, or several"),
        Error::Trap { .. } => Some("the component trapped"),
        Error::Exit { .. } => Some("the command ended with an exit status that is not 0"),
        Error::Fuel { .. } => Some("the component used up its fuel"),
        Error::Memory { .. } => Some("the component was refused more memory"),
        Error::BackingOff { .. } | Error::Quarantined { .. } => Some("the component cannot be started"),
        Error::Limit { .. } => Some("the component went beyond one of its limits"),
        Error::OverBudget { .. } => Some("the host has no room for another call"),
        _ => None,
    }
}

/// Whether a client may read what the error says: others name files and states of the host.
fn is_for_clients(error: &Error) -> bool {
    matches!(
        error,
        Error::UnknownComponent { .. }
            | Error::UnknownExport { .. }
            | Error::UnsupportedType { .. }
            | Error::ReservedExport(_)
            | Error::Arguments(_)
            | Error::NotCallable { .. }
            | Error::Name(_)
            | Error::TooLarge { .. }
            | Error::BrokenRequest { .. }
            | Error::NoResponse { .. }
            | Error::Guest(_)
            | Error::Exit { .. }
            | Error::Busy { .. }
            | Error::OverBudget { .. }
            | Error::BackingOff { .. }
            | Error::Quarantined { .. }
            | Error::Closed
            | Error::Cancelled { .. }
            | Error::Unhealthy { .. }
            | Error::Trap { .. }
            | Error::Fuel { .. }
            | Error::Memory { .. }
            | Error::Limit { .. }
            | Error::Deadline { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Failure;

    fn check(error: Error, status: u16, code: &str, part: &str) {
        let refusal = Refusal::from(error);
        let body = String::from_utf8(refusal.body()).unwrap();
        assert_eq!(refusal.status.as_u16(), status, "{body}");
        let said: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(said["error"]["code"], code);
        assert!(said["error"]["message"].as_str().unwrap().contains(part), "{body}");
        assert!(
            !body.trim_end().contains(|letter: char| letter.is_control()),
            "{body:?}"
        );
    }

    #[test]
    fn errors_have_statuses_and_hide_what_is_the_hosts() {
        let text = || String::from("no\u{1b}[31m\n\"you\"");
        check(
            Error::Guest(ComponentError::InvalidInput(text())),
            400,
            "guest-error",
            "\"you\"",
        );
        check(
            Error::Guest(ComponentError::Denied(text())),
            403,
            "guest-error",
            "no\\u{1b}[31m\\n",
        );
        check(
            Error::Guest(ComponentError::Unavailable(text())),
            503,
            "guest-error",
            "unavailable",
        );
        let failure = Failure {
            code: "c".into(),
            message: text(),
        };
        check(Error::Guest(ComponentError::Failed(failure)), 500, "guest-error", "(c)");
        check(Error::Closed, 503, "closed", "shut down");
        let hidden = "the host could not answer";
        let damaged = Error::Damaged {
            what: "/secret/place".into(),
        };
        check(damaged, 500, "store-damaged", hidden);
        let used = Error::StateInUse {
            directory: "/secret".into(),
            process: None,
        };
        check(used, 500, "state-in-use", hidden);
    }

    #[test]
    fn a_message_is_cut() {
        let long = Refusal::bad_request("x".repeat(100_000));
        assert!(long.bytes().len() < 3_000);
    }
}
