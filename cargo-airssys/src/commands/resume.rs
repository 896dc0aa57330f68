//! `resume`: lets a component that was quarantined be started again.

use clap::Parser;
use serde_json::json;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use crate::ops::origin::origin;
use airssys_wasm::Error;
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// Let a component be started again whose instances could not be
#[derive(Debug, Parser)]
#[command(name = "resume")]
pub(super) struct Resume {
    /// The component
    name: String,
    /// What it is for; the audit log has it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Verb for Resume {
    const EXAMPLES: &'static [(&'static str, &'static str)] =
        &[("resume hello", "end its quarantine, when what it needs is there again")];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let unknown = || {
            Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            })
        };
        let origin = origin(self.reason);
        let resume = async |client: &Client| client.resume(&name, &origin).await;
        let was_quarantined = host::with_existing(&context.state()?, listener(&context.shell), resume, unknown)?;
        let text = match was_quarantined {
            true => format!("{name} is started again with its next call"),
            false => format!("{name} was not quarantined"),
        };
        let value = json!({ "component": name, "was_quarantined": was_quarantined });
        Ok(context.shell.result(text, &value)?)
    }
}
