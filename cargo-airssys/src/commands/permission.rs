//! `permission`: what components may do, while they run.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde_json::json;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use crate::ops::origin::origin;
use crate::shell::permissions;
use airssys_wasm::capability::{Capability, Grant, UnknownCapability};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;
use airssys_wasm::{ComponentPermissions, Error, GrantOptions};

/// Grant, revoke and list what components may do; it holds at once for those that run
#[derive(Debug, Parser)]
#[command(name = "permission")]
pub(super) struct Permission {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Grant something to a component, deployed or not
    Grant {
        #[command(flatten)]
        what: What,
        /// Where a guest directory is on this machine; may be repeated
        #[arg(long, value_name = "GUEST=HOST", value_parser = mount)]
        mount: Vec<(String, PathBuf)>,
        /// Say that a broad pattern such as `/**` is meant
        #[arg(long)]
        broad: bool,
        /// What it is for; the list shows it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Deny something to a component, whatever else grants it, until it is granted again
    Revoke {
        #[command(flatten)]
        what: What,
        /// What it is for; the list shows it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show what is granted, by whom, and how often it was used
    List {
        /// The component [default: all of them]
        name: Option<String>,
    },
}

/// A component, and something that it may do.
#[derive(Debug, clap::Args)]
struct What {
    /// The component
    name: String,
    /// The capability, such as `file-read` or `network-outbound`
    capability: String,
    /// The pattern, as under `[capabilities]` in Component.toml
    #[arg(allow_hyphen_values = true)]
    pattern: String,
}

impl Verb for Permission {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("permission list", "who may do what"),
        ("permission grant hello network-outbound api.example.com", "an address"),
        (
            "permission grant hello file-read '/data/**' --mount /data=/srv",
            "files",
        ),
        (
            "permission revoke hello network-outbound api.example.com",
            "not any more",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.action {
            Action::Grant {
                what,
                mount,
                broad,
                reason,
            } => {
                let (name, grant) = what.read()?;
                let mut options = GrantOptions::default();
                options.mounts = mount.into_iter().collect();
                options.broad = broad;
                options.origin = origin(reason);
                let work = async |client: &Client| {
                    let change = client.grant(&name, &grant, &options).await?;
                    Ok::<_, Error>((change, client.permissions(Some(&name)).await?))
                };
                let (change, now) = host::with(&context.state()?, listener(&context.shell), work)?;
                let mut text = match change.changed {
                    true => format!("{name} is granted {grant}"),
                    false => format!("{name} was granted {grant} already"),
                };
                for denied in still_denied(&now, &grant) {
                    text.push_str(&format!("\nStill denied, because it was revoked: {denied}"));
                }
                Ok(context.shell.result(text, &change)?)
            }
            Action::Revoke { what, reason } => {
                let (name, grant) = what.read()?;
                let origin = origin(reason);
                let work = async |client: &Client| {
                    let change = client.revoke(&name, &grant, &origin).await?;
                    Ok::<_, Error>((change, client.permissions(Some(&name)).await?))
                };
                let (change, now) = host::with(&context.state()?, listener(&context.shell), work)?;
                let mut text = match change.changed {
                    true => format!("{name} is denied {grant}, whatever else grants it"),
                    false => format!("{name} was denied {grant} already"),
                };
                for granted in still_granted(&now, grant.capability()) {
                    text.push_str(&format!("\nStill granted: {granted}"));
                }
                Ok(context.shell.result(text, &change)?)
            }
            Action::List { name } => list(context, name),
        }
    }
}

/// What a component is granted of a capability and is not revoked as a whole: a pattern may be narrower than was meant.
fn still_granted(now: &[ComponentPermissions], capability: &Capability) -> Vec<Grant> {
    let granted = now.iter().flat_map(|found| &found.granted);
    let granted = granted.filter_map(|granted| Grant::parse(granted.capability.clone(), &granted.pattern).ok());
    let revoked = revoked(now);
    let mut left: Vec<Grant> = granted
        .filter(|granted| granted.capability() == capability)
        .filter(|granted| !revoked.iter().any(|revoked| revoked.covers(granted)))
        .collect();
    left.dedup();
    left
}

/// What was revoked of that which a grant is for, or all of it.
fn still_denied(now: &[ComponentPermissions], grant: &Grant) -> Vec<Grant> {
    let mut revoked = revoked(now);
    revoked.retain(|revoked| revoked.covers(grant) || grant.covers(revoked));
    revoked
}

fn revoked(now: &[ComponentPermissions]) -> Vec<Grant> {
    let revoked = now.iter().flat_map(|found| &found.revoked);
    let revoked = revoked.filter_map(|revoked| Grant::parse(revoked.capability.clone(), &revoked.pattern).ok());
    revoked.collect()
}

fn list(context: &Context, name: Option<String>) -> anyhow::Result<()> {
    let name = name.as_deref().map(str::parse::<ComponentName>);
    let name = name.transpose().map_err(Error::from)?;
    let place = context.state()?;
    let work = async |client: &Client| client.permissions(name.as_ref()).await;
    let components = match place.exists() || place.policy.is_some() {
        true => host::with(&place, listener(&context.shell), work)?,
        false => Vec::new(),
    };
    let value = json!({ "state_dir": place.directory, "policy": place.policy, "components": components });
    let said = components
        .iter()
        .map(|found| found.granted.len() + found.revoked.len() + found.missing.len());
    let text = match said.sum::<usize>() {
        0 if components.is_empty() => format!("Nothing is deployed or granted in {}", place.directory.display()),
        0 => "Nothing is granted, and no component asks for anything".into(),
        _ => permissions(&components),
    };
    Ok(context.shell.result(text, &value)?)
}

impl What {
    fn read(&self) -> Result<(ComponentName, Grant), Error> {
        let name = self.name.parse()?;
        let capability: Capability =
            self.capability
                .parse()
                .map_err(|error: UnknownCapability| Error::InvalidOptions {
                    reason: format!("{error}; the others are {}", known()),
                })?;
        Ok((name, Grant::parse(capability, &self.pattern)?))
    }
}

fn known() -> String {
    Capability::NAMED
        .iter()
        .map(Capability::key)
        .collect::<Vec<_>>()
        .join(", ")
}

fn mount(text: &str) -> Result<(String, PathBuf), String> {
    let (guest, host) = text
        .split_once('=')
        .ok_or("a mount is written as in `/data=/srv/data`: the guest's path, then this machine's")?;
    let host = std::path::absolute(host).map_err(|error| error.to_string())?;
    Ok((guest.to_owned(), host))
}
