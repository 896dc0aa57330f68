//! How errors are made of what they are about.

use super::{Bounded, Error};
use crate::typed::ArgumentError;

impl Error {
    pub(crate) fn too_large(what: Bounded, size: usize, limit: usize) -> Self {
        Self::TooLarge {
            what,
            size: size as u64,
            limit: limit as u64,
        }
    }

    pub(crate) fn store(operation: &'static str, reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store {
            operation: operation.into(),
            reason: reason.into(),
        }
    }
}

impl From<Box<ArgumentError>> for Error {
    fn from(error: Box<ArgumentError>) -> Self {
        Self::Arguments(error)
    }
}

impl From<ArgumentError> for Error {
    fn from(error: ArgumentError) -> Self {
        Self::Arguments(Box::new(error))
    }
}
