//! Runs a cargo that reports in JSON and hands on its messages one by one.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus};

use cargo_metadata::Message;

use super::listen::{Line, listen};
use super::stop::Stop;

/// What cargo says.
pub(super) enum Said {
    /// One of its messages.
    Message(Box<Message>),
    /// A line of its standard error.
    Line(String),
}

/// The cargo to run: the one that runs us, when there is one.
pub(super) fn program() -> OsString {
    env::var_os("CARGO")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| OsString::from("cargo"))
}

/// Runs `command`; `hear` gets what it says.
pub(super) fn stream(command: &mut Command, stop: Option<&Stop>, mut hear: impl FnMut(Said)) -> io::Result<ExitStatus> {
    listen(command, stop, |line| match line {
        // What is no message is written by a program that cargo runs.
        Line::Output(line) => {
            if let Ok(message) = serde_json::from_str(&line) {
                hear(Said::Message(Box::new(message)));
            }
        }
        Line::Error(line) => hear(Said::Line(line)),
    })
}
