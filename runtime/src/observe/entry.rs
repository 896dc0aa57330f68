//! One line of a component's log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::Level;

/// A line of a component's log: an object of JSON in a line of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// When the host got it.
    pub at: DateTime<Utc>,
    /// What it is.
    #[serde(flatten)]
    pub logged: Logged,
}

/// What a line of a log says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Logged {
    /// The component wrote or logged a line.
    Line {
        /// By which way.
        stream: LogStream,
        /// How important the component says that it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
        /// The line, with control characters escaped.
        line: String,
    },
    /// What the component wrote here was too much, and is not kept.
    Cut {
        /// How many bytes were cut.
        cut_bytes: u64,
    },
}

/// A way by which a component writes lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogStream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
    /// `wasi:logging`.
    Log,
}
