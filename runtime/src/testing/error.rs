//! Why a test could not be run; a test that ran and failed is an outcome, not an error.

use std::path::PathBuf;

use crate::component::ManifestError;

/// Why a test could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that a test names cannot be used.
    #[error("{} cannot be used", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// A case file cannot be used.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A release of an upgrade cannot be used.
    #[error("the {which} release cannot be used")]
    Release {
        /// `old` or `new`.
        which: &'static str,
        /// Why.
        #[source]
        reason: crate::Error,
    },
    /// The component cannot be used, or no host could be made.
    #[error(transparent)]
    Host(#[from] crate::Error),
}

/// Why a case file cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {reason}", path.display())]
#[non_exhaustive]
pub struct CaseError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
    /// The key that was probably meant.
    pub nearest: Option<String>,
}

impl CaseError {
    /// The error at this byte of a case file.
    pub(super) fn at(path: PathBuf, text: &str, offset: usize, reason: String) -> Self {
        let ManifestError {
            line,
            column,
            reason,
            nearest,
        } = ManifestError::at(text, offset, reason);
        Self {
            path,
            line,
            column,
            reason,
            nearest,
        }
    }
}
