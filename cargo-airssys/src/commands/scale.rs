//! `scale`: how many instances a component may have.

use clap::Parser;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use crate::ops::origin::origin;
use crate::shell::counted;
use airssys_wasm::Error;
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// Change how many instances a component may have, while it takes calls
#[derive(Debug, Parser)]
#[command(name = "scale")]
pub(super) struct Scale {
    /// The component
    name: String,
    /// The most instances at a time; it holds for later releases as well
    #[arg(long, value_name = "N")]
    max: u32,
    /// What it is for; the history shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Verb for Scale {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("scale hello --max 32", "more of them, for more calls at a time"),
        ("scale hello --max 1", "one call at a time"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let origin = origin(self.reason);
        let unknown = || {
            Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            })
        };
        let scale = async |client: &Client| client.scale(&name, self.max, &origin).await;
        let record = host::with_existing(&context.state()?, listener(&context.shell), scale, unknown)?;
        let text = format!("{name} may have {} now", counted(self.max as usize, "instance"));
        Ok(context.shell.result(text, &record)?)
    }
}
