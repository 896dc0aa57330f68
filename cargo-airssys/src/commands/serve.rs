//! `serve`: a host that runs until it is told to end.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use serde_json::json;

use super::listen::Listen;
use super::verb::{Context, Verb};
use crate::ops::host::{self, Compiling, Setting};
use crate::ops::{descriptors, listen};
use crate::shell::counted;

/// Run a host until Ctrl-C or SIGTERM; other commands on its state directory use it
#[derive(Debug, Parser)]
#[command(name = "serve")]
pub(super) struct Serve {
    #[command(flatten)]
    listen: Listen,
    /// How many calls of all components together may run or wait [default: 8192]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_calls: Option<u32>,
}

impl Verb for Serve {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("serve", "what is deployed here"),
        ("serve --listen 127.0.0.1:8080", "and take HTTP requests"),
        ("serve --state-dir /var/lib/airssys -o json", "events as JSON lines"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let (shell, place) = (&context.shell, context.state()?);
        descriptors::prepare().context("the open descriptors of this program cannot be looked at")?;
        let told = Arc::clone(shell);
        // Components do their work whether or not somebody reads what is told of it.
        let listener = Arc::new(move |event: &_| drop(told.followed(event)));
        let setting = Setting {
            max_calls: self.max_calls,
            ..Setting::default()
        };
        host::serve(&place, listener, Compiling::Aside, setting, async |host, answered| {
            let callers = self.listen.callers();
            let server = match self.listen.listen {
                Some(address) => Some(listen::listen(host, address, &callers).await?),
                None => None,
            };
            let url = server.as_ref().map(|server| listen::url(server.address()));
            let components = host.status().len();
            let (directory, socket) = (&place.directory, place.directory.join("control.sock"));
            let text = format!(
                "Serving {} from {} (socket {}){}",
                counted(components, "component"),
                directory.display(),
                socket.display(),
                url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default()
            );
            let mut value =
                json!({ "event": "serving", "components": components, "state_dir": directory, "socket": socket });
            if let Some(url) = url {
                value["url"] = url.into();
            }
            shell.result(text, &value)?;
            answered.pressed().await;
            if let Some(server) = server {
                server.finish().await;
            }
            Ok(())
        })?;
        shell.note("Ended; the states of actors are saved");
        Ok(())
    }
}
