//! What a component asks for and is not granted: asked of the person, or told with the lines that grant it.

use std::sync::Arc;

use super::verb::Context;
use crate::exit::permission::{Policies, advice, in_shell};
use crate::exit::{Exit, Failure, sentence};
use crate::ops::grants::give;
use crate::ops::state::StatePlace;
use crate::shell::Shell;
use airssys_wasm::Error;
use airssys_wasm::capability::{Grant, Missing};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// Asks a person at a terminal for each of what is missing, and grants it; false when something is not granted.
/// A `--yes` of the command does not answer that.
pub(super) async fn ask(shell: &Arc<Shell>, client: &Client, label: &str, missing: &[Missing]) -> Result<bool, Error> {
    if !shell.is_interactive() {
        return Ok(false);
    }
    let name: ComponentName = label.split('@').next().unwrap_or(label).parse()?;
    shell.hide_spinner();
    for missing in missing {
        let grant = Grant::parse(missing.capability.clone(), &missing.pattern)?;
        if !shell.confirmed(question(&name, missing, &grant)).await.unwrap_or(false) {
            return Ok(false);
        }
        give(client, &name, missing, &format!("asked when {label} was deployed")).await?;
    }
    Ok(true)
}

/// What a person is asked: all that they should know before they say yes.
fn question(name: &ComponentName, missing: &Missing, grant: &Grant) -> String {
    let mut text = format!("Grant {} {}", missing.capability, missing.pattern);
    if let Some(directory) = &missing.unmounted {
        text.push_str(&format!(", with `{directory}` of this machine"));
    }
    text.push_str(&format!(" to {name}"));
    if let Some(why) = grant.breadth() {
        text.push_str(&format!(", although {why}"));
    }
    if missing.revoked {
        text.push_str(", although it was revoked");
    }
    text.push('?');
    unmistakable(&text)
}

/// The same text, in which each character can be seen and is what it looks like.
fn unmistakable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => shown.push(c),
            c if c.is_ascii_graphic() || c.is_alphanumeric() => shown.push(c),
            c => shown.extend(c.escape_default()),
        }
    }
    shown
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
        place => place.own_policy().map_or(Policies::Named, Policies::At),
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

#[cfg(test)]
mod tests {
    use airssys_wasm::capability::Capability;

    use super::*;

    fn asked(pattern: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut missing = serde_json::json!({ "capability": "file-read", "pattern": pattern, "unmounted": null });
        change(&mut missing);
        let missing: Missing = serde_json::from_value(missing).unwrap();
        let grant = Grant::parse(Capability::FileRead, pattern).unwrap();
        question(&"a".parse().unwrap(), &missing, &grant)
    }

    #[test]
    fn a_person_is_told_what_speaks_against_it() {
        assert_eq!(asked("/data/é", |_| {}), "Grant file-read /data/é to a?");
        let all = asked("/**", |missing| {
            missing["revoked"] = true.into();
            missing["unmounted"] = "/".into();
        });
        assert_eq!(
            all,
            "Grant file-read /**, with `/` of this machine to a, although it is every directory, although it was revoked?"
        );
    }

    #[test]
    fn nothing_in_a_question_is_hidden() {
        let hiding = "/data/a\u{200b}b\u{ad}c\u{200d}d\u{feff}";
        assert_eq!(
            asked(hiding, |_| {}),
            "Grant file-read /data/a\\u{200b}b\\u{ad}c\\u{200d}d\\u{feff} to a?"
        );
    }
}
