//! `rollback`: a component back to an earlier release.

use clap::{Parser, ValueEnum};

use super::deploy;
use super::rollout::{deployed, summary};
use super::verb::{Context, Verb};
use crate::ops::origin::origin;
use airssys_wasm::component::ComponentName;
use airssys_wasm::{Error, RollbackOptions, StateChoice};

/// Take a component back to an earlier release, all its calls at once
#[derive(Debug, Parser)]
#[command(name = "rollback")]
pub(super) struct Rollback {
    /// The component
    name: String,
    /// The version to go back to [default: the one that served before]
    #[arg(long, value_name = "VERSION")]
    to_version: Option<String>,
    /// With which state of an actor: what it knows now, or what it knew when that version was replaced [default: live,
    /// and before where that does not work]
    #[arg(long, value_name = "STATE", hide_possible_values = true)]
    state: Option<Choice>,
    /// What it is for; the history shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Which state an actor goes back with.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    // What it knows now.
    Live,
    // What it knew when that version was replaced.
    Before,
}

impl Verb for Rollback {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("rollback hello", "to the version that served before"),
        ("rollback hello --to-version v1.5.0", "to an earlier one"),
        (
            "rollback counter --state before",
            "and forget what was counted since then",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let mut options = RollbackOptions::default();
        options.to_version = self.to_version.as_deref().map(deploy::parse).transpose()?;
        options.state = self.state.map(|state| match state {
            Choice::Live => StateChoice::Live,
            Choice::Before => StateChoice::Before,
        });
        options.origin = origin(self.reason);
        let place = context.state()?;
        if !place.exists() {
            return Err(Error::UnknownComponent { name, nearest: None }.into());
        }
        let deployment = deployed(context, &place, async |client| client.rollback(&name, &options).await)?;
        Ok(context.shell.result(summary(&deployment), &deployment)?)
    }
}
