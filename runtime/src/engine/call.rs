//! What a component can be asked to do, and what it answers.

use crate::component::Message;
use crate::error::Error;
use crate::typed::{Invocation, Value};

/// What a component is asked to do on one instance.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// Handle a message by the contract, or as a command.
    Message(Message),
    /// Have its own exports called, in order, up to the first that fails.
    Invocations(Vec<Invocation>),
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
    Message(Message),
    /// One for each invocation that was made; only the last can be an error.
    Values(Vec<Result<Value, Error>>),
}

impl Call {
    /// The message, when it carries one.
    pub(crate) fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
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
    pub(crate) fn into_message(self) -> Result<Message, Error> {
        match self {
            Self::Message(message) => Ok(message),
            Self::None | Self::Values(_) => Err(mixed_up()),
        }
    }

    /// Whether one of several calls failed by the component's fault.
    pub(crate) fn failed(&self) -> bool {
        match self {
            Self::Values(values) => matches!(values.last(), Some(Err(error)) if error.counts_as_failure()),
            Self::None | Self::Message(_) => false,
        }
    }

    /// The answers to invocations.
    pub(crate) fn into_values(self) -> Result<Vec<Result<Value, Error>>, Error> {
        match self {
            Self::Values(values) => Ok(values),
            Self::None | Self::Message(_) => Err(mixed_up()),
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
