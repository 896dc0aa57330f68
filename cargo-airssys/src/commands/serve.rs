//! `serve`: a host that runs until it is told to end.

use std::sync::Arc;

use clap::Parser;
use serde_json::json;

use super::verb::{Context, Verb};
use crate::ops::host::{self, Compiling};
use crate::shell::counted;

/// Run a host until Ctrl-C or SIGTERM; other commands on its state directory use it
#[derive(Debug, Parser)]
#[command(name = "serve")]
pub(super) struct Serve {}

impl Verb for Serve {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("serve", "what is deployed here"),
        ("serve --state-dir /var/lib/airssys -o json", "events as JSON lines"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let (shell, place) = (&context.shell, context.state()?);
        let told = Arc::clone(shell);
        // Components do their work whether or not somebody reads what is told of it.
        let listener = Arc::new(move |event: &_| drop(told.followed(event)));
        host::serve(&place, listener, Compiling::Aside, async |host, answered| {
            let components = host.status().len();
            let (directory, socket) = (&place.directory, place.directory.join("control.sock"));
            let text = format!(
                "Serving {} from {} (socket {})",
                counted(components, "component"),
                directory.display(),
                socket.display()
            );
            let value =
                json!({ "event": "serving", "components": components, "state_dir": directory, "socket": socket });
            shell.result(text, &value)?;
            answered.pressed().await;
            Ok(())
        })?;
        shell.note("Ended; the states of actors are saved");
        Ok(())
    }
}
