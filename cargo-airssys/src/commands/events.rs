//! `events`: what happens in a running host, as it happens.

use std::sync::Arc;

use clap::Parser;
use tokio::sync::Notify;

use super::verb::{Context, Verb};
use crate::ops::host;
use airssys_wasm::Error;
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// Follow what happens in the running host: deployments, output of components, warnings
#[derive(Debug, Parser)]
#[command(name = "events")]
pub(super) struct Events {
    /// Only what is about this component
    name: Option<String>,
}

impl Verb for Events {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("events", "a line for each, until Ctrl-C"),
        ("events hello -o json", "of one component, an object in each line"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name = self.name.as_deref().map(str::parse::<ComponentName>);
        let name = name.transpose().map_err(Error::from)?;
        let shell = Arc::clone(&context.shell);
        let gone = Notify::new();
        host::beside(&context.state()?, host::quiet(), async |client: &Client| {
            let tell = |event| {
                if shell.followed(&event).is_err() {
                    gone.notify_one();
                }
            };
            tokio::select! {
                ended = client.events(name.as_ref(), tell) => ended,
                // The reader has gone, as in `airssys-wasm events | head -1`.
                () = gone.notified() => Ok(()),
            }
        })
    }
}
