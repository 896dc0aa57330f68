//! What a component asks for and is not granted: asked of the person, or told with the lines that grant it.

use std::sync::Arc;

use super::verb::Context;
use crate::exit::permission::{Policies, advice, in_shell};
use crate::exit::{Exit, Failure, sentence};
use crate::ops::origin::origin;
use crate::ops::state::StatePlace;
use crate::shell::{Shell, printable_line};
use airssys_wasm::capability::{Grant, Missing};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;
use airssys_wasm::{Error, GrantOptions};

/// Asks a person at a terminal for each of what is missing, and grants it; false when something is not granted.
/// A `--yes` of the command does not answer that.
pub(super) async fn ask(shell: &Arc<Shell>, client: &Client, label: &str, missing: &[Missing]) -> Result<bool, Error> {
    if !shell.is_interactive() {
        return Ok(false);
    }
    let name: ComponentName = label.split('@').next().unwrap_or(label).parse()?;
    shell.hide_spinner();
    for missing in missing {
        let place = match &missing.unmounted {
            Some(directory) => format!(", with `{directory}` of this machine"),
            None => String::new(),
        };
        let asked = format!("Grant {} {}{place} to {name}?", missing.capability, missing.pattern);
        if !shell.confirmed(printable_line(&asked)).await.unwrap_or(false) {
            return Ok(false);
        }
        let grant = Grant::parse(missing.capability.clone(), &missing.pattern)?;
        let mut options = GrantOptions::default();
        options.mounts = missing
            .unmounted
            .iter()
            .map(|path| (path.clone(), path.into()))
            .collect();
        options.broad = grant.breadth().is_some();
        options.origin = origin(Some(format!("asked when {label} was deployed")));
        client.grant(&name, &grant, &options).await?;
    }
    Ok(true)
}

/// The same error; one about what is not granted with the lines that grant it in this state directory.
pub(super) fn explained(context: &Context, place: &StatePlace, is_remote: bool, error: anyhow::Error) -> anyhow::Error {
    let policies = match place {
        // What the other host would read is not known.
        _ if is_remote => Policies::Elsewhere,
        StatePlace {
            project: Some(_),
            policy: None,
            ..
        } => Policies::Elsewhere,
        StatePlace { is_named: true, .. } => Policies::At(place.own_policy()),
        _ => Policies::Named,
    };
    let Some(host) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()) else {
        return error;
    };
    let Some((help, mut lines)) = advice(host, &policies) else {
        return error;
    };
    if let Some(directory) = context.state_dir.as_ref().filter(|_| context.state_dir_is_typed) {
        let verb = format!(
            "{{cli}} --state-dir {} permission",
            in_shell(&directory.display().to_string())
        );
        lines = lines.replace("{cli} permission", &verb);
    }
    let failure = Failure::new(Exit::Denied, host.code().as_str(), sentence(&error), help);
    failure.with_lines(lines).into()
}
