//! `remove`: a deployed component.

use clap::Parser;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::exit::{Exit, Failure};
use crate::ops::host;
use crate::ops::origin::origin;
use airssys_wasm::Error;
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// Remove a deployed component and its state
#[derive(Debug, Parser)]
#[command(name = "remove")]
pub(super) struct Remove {
    /// The component
    name: String,
    /// What it is for; the history shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

impl Verb for Remove {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("remove hello", "asks first, at a terminal"),
        ("remove hello --yes", "asks nothing"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let shell = &context.shell;
        if !self.yes && shell.is_interactive() && !shell.confirm(&format!("Remove `{name}` and its state?"))? {
            let help = "answer `y`, or run it with `--yes`";
            return Err(Failure::new(Exit::Usage, "declined", format!("`{name}` was not removed"), help).into());
        }
        let origin = origin(self.reason);
        let unknown = || {
            Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            })
        };
        let remove = async |client: &Client| client.remove(&name, &origin).await;
        let release = host::with_existing(&context.state()?, listener(shell), remove, unknown)?;
        Ok(shell.result(format_args!("Removed {}", release.label()), &release)?)
    }
}
