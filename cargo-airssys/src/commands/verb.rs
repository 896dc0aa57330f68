//! What each verb is made of.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{ArgMatches, Command, Parser};

use crate::ops::state::StatePlace;
use crate::shell::Shell;

/// A verb: its arguments and what it does.
pub(super) trait Verb: Parser {
    /// Examples for its help: the words after the program's name, and what they do.
    const EXAMPLES: &'static [(&'static str, &'static str)];

    /// Does it.
    fn run(self, context: &Context) -> anyhow::Result<()>;
}

/// What every verb gets besides its own arguments.
pub(crate) struct Context {
    /// Where it prints.
    pub(crate) shell: Arc<Shell>,
    /// How the person called the program.
    pub(crate) program: &'static str,
    /// The state directory, when one was named.
    pub(crate) state_dir: Option<PathBuf>,
    /// Whether it was named in this very command.
    pub(crate) state_dir_is_typed: bool,
    /// The policy file, when one was named.
    pub(crate) policy: Option<PathBuf>,
    /// Whether it was named in this very command.
    pub(crate) policy_is_typed: bool,
}

/// What runs a verb.
pub(crate) type Run = fn(&ArgMatches, &Context) -> anyhow::Result<()>;

/// A verb in the list of them.
pub(super) struct Entry {
    pub(super) command: fn(&str) -> Command,
    pub(super) run: Run,
}

impl Entry {
    /// The entry of the verb `V`.
    pub(super) const fn of<V: Verb>() -> Self {
        Self {
            command: command::<V>,
            run: |matches, context| V::from_arg_matches(matches)?.run(context),
        }
    }
}

impl Context {
    /// The current folder.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        env::current_dir().context("the current folder cannot be found")
    }

    /// Where the state is of what is in `folder`.
    pub(crate) fn place(&self, folder: &Path) -> StatePlace {
        let place = StatePlace::locate(self.state_dir.as_deref(), folder);
        place.under(self.policy.as_deref(), self.policy_is_typed)
    }

    /// Where the state is that this command works on.
    pub(crate) fn state(&self) -> anyhow::Result<StatePlace> {
        let place = self.place(&self.folder()?);
        place.check()?;
        Ok(place)
    }
}

fn command<V: Verb>(program: &str) -> Command {
    let width = V::EXAMPLES.iter().map(|(words, _)| words.len()).max().unwrap_or(0);
    let examples = V::EXAMPLES
        .iter()
        .map(|(words, meaning)| format!("  {program} {words:<width$}  {meaning}\n"));
    let examples: String = examples.collect();
    V::command().after_help(format!("Examples:\n{}", examples.trim_end_matches('\n')))
}
