//! What the command line asks for.

use std::path::PathBuf;

/// How it is used.
const USAGE: &str = "usage: swap_load --calls N --swaps N --rollbacks N [--tasks N] [--component FILE] [-o json]";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// At least so many calls are made; they go on until the last swap is done.
    pub(crate) calls: u64,
    pub(crate) swaps: u64,
    /// So many of the swaps are rollbacks.
    pub(crate) rollbacks: u64,
    /// The tasks that call.
    pub(crate) tasks: usize,
    /// A component that answers with what it was sent, instead of the one that is built here.
    pub(crate) component: Option<PathBuf>,
    pub(crate) json: bool,
}

impl Arguments {
    /// Reads the arguments, or says how they are written.
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            calls: 100_000,
            swaps: 100,
            rollbacks: 20,
            tasks: 4,
            component: None,
            json: false,
        };
        while let Some(argument) = given.next() {
            let value = given.next().ok_or(USAGE)?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| format!("`{argument} {value}`: a number is needed"))
            };
            match argument.as_str() {
                "--calls" => arguments.calls = number()?,
                "--swaps" => arguments.swaps = number()?,
                "--rollbacks" => arguments.rollbacks = number()?,
                "--tasks" => arguments.tasks = number()?.clamp(1, 64) as usize,
                "--component" => arguments.component = Some(value.into()),
                "-o" if value == "json" => arguments.json = true,
                _ => return Err(USAGE.into()),
            }
        }
        if arguments.rollbacks > 0 && arguments.rollbacks >= arguments.swaps {
            return Err("a rollback needs a swap before it".into());
        }
        Ok(arguments)
    }
}
