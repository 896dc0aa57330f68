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
#[derive(Debug)]
pub(crate) enum Answer {
    Message(Message),
    /// One for each invocation that was made; only the last can be an error.
    Values(Vec<Result<Value, Error>>),
}

impl Call {
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
            Self::Values(_) => Err(mixed_up()),
        }
    }

    /// The answers to invocations.
    pub(crate) fn into_values(self) -> Result<Vec<Result<Value, Error>>, Error> {
        match self {
            Self::Values(values) => Ok(values),
            Self::Message(_) => Err(mixed_up()),
        }
    }
}

/// An instance answers each call in the form it was made in.
fn mixed_up() -> Error {
    Error::Engine {
        reason: "the answer has another form than the call".into(),
    }
}
