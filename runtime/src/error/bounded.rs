//! What has a limit of its size.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What has a limit on its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Bounded {
    /// A component's bytes.
    Component,
    /// The description that a component gives of itself.
    Description,
    /// The capabilities that a component asks for; each counts as its text and 64 bytes.
    Requests,
    /// The message of a call.
    Message,
    /// What a component answers.
    Answer,
    /// What a command writes to its standard output.
    Output,
    /// What a component saves.
    State,
}

impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Component => "a component",
            Self::Description => "the component's description",
            Self::Requests => "the list of requested capabilities",
            Self::Message => "the message",
            Self::Answer => "the component's answer",
            Self::Output => "the command's output",
            Self::State => "the component's state",
        })
    }
}
