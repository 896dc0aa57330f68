//! What a component can be asked to do, and what it answers.

use std::time::Duration;

use http::HeaderMap;

use super::http::Exchange;
use super::metered::Metered;
use crate::component::Message;
use crate::error::Error;
use crate::typed::{Invocation, Value};

/// What a component is asked to do on one instance.
#[derive(Debug)]
pub(crate) enum Call {
    /// Handle a message by the contract, or as a command.
    Message(Message),
    /// Have its own exports called, in order, up to the first that fails.
    Invocations(Vec<Invocation>),
    /// Answer an HTTP request.
    Request(Box<Exchange>),
}

/// Names and values that came with a call: what the rules of a route are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fields<'a> {
    /// Those of a message.
    Metadata(&'a [(String, String)]),
    /// Those of an HTTP request.
    Headers(&'a HeaderMap),
}

/// What it answered.
///
/// It is written where the caller wants it, because each layer on the way would move it otherwise, which together takes
/// a good part of what a short call takes.
#[derive(Debug, Default)]
pub(crate) enum Answer {
    /// There is none yet.
    #[default]
    None,
    Message(Metered<Message>),
    /// One for each invocation that was made; only the last can be an error.
    Values(Vec<Metered<Result<Value, Error>>>),
    /// An HTTP response, which is with the client already, or was given up.
    Response {
        /// Whether it speaks against the component.
        is_failure: bool,
        /// How long it took to begin.
        took: Duration,
    },
}

impl Call {
    /// The names and values that came with it; none with a typed call.
    pub(crate) fn fields(&self) -> Option<Fields<'_>> {
        match self {
            Self::Message(message) => Some(Fields::Metadata(&message.metadata)),
            Self::Request(exchange) => Some(Fields::Headers(exchange.headers())),
            Self::Invocations(_) => None,
        }
    }

    /// The call, which leaves nothing to do behind.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Invocations(Vec::new()))
    }
}

impl Answer {
    /// The answer to a message.
    pub(crate) fn into_message(self) -> Result<Metered<Message>, Error> {
        match self {
            Self::Message(message) => Ok(message),
            _ => Err(mixed_up()),
        }
    }

    /// Whether one of several calls failed by the component's fault.
    pub(crate) fn failed(&self) -> bool {
        match self {
            Self::Values(values) => matches!(
                values.last(), Some(Metered { answer: Err(error), .. }) if error.counts_as_failure()
            ),
            Self::Response { is_failure, .. } => *is_failure,
            Self::None | Self::Message(_) => false,
        }
    }

    /// How long the component took, where that is not how long the call took.
    ///
    /// How fast a response goes to its client says nothing of the component.
    pub(crate) fn took(&self) -> Option<Duration> {
        match self {
            Self::Response { took, .. } => Some(*took),
            _ => None,
        }
    }

    /// The answers to invocations.
    pub(crate) fn into_values(self) -> Result<Vec<Metered<Result<Value, Error>>>, Error> {
        match self {
            Self::Values(values) => Ok(values),
            _ => Err(mixed_up()),
        }
    }
}

/// What became of a call: done, and the answer is where it belongs, or not.
/// An error is large, and must not make what is moved large where there is none.
pub(crate) type Handled = Result<(), Box<Error>>;

/// An instance answers each call in the form it was made in.
fn mixed_up() -> Error {
    Error::Engine {
        reason: "the answer has another form than the call".into(),
    }
}
