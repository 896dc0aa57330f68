//! What components may do, as a table.

use std::io;

use serde_json::json;

use super::{Shell, aligned, printable_line};
use airssys_wasm::ComponentPermissions;
use airssys_wasm::capability::{Missing, Source};
use airssys_wasm::component::ComponentName;

impl Shell {
    /// Says what a component would have to ask for; with `-o json` as an object in a line of its own.
    pub(crate) fn lesson(&self, name: &ComponentName, block: Option<String>) -> io::Result<()> {
        self.hide_spinner();
        if self.is_json() {
            return self.result("", &json!({ "component": name, "capabilities": block }));
        }
        match block {
            Some(block) => {
                self.say(format_args!(
                    "{name} would have to ask for more: this is for its Component.toml"
                ));
                self.lines(&block);
            }
            None => self.say(format_args!("{name} was denied nothing that it does not ask for")),
        }
        Ok(())
    }
}

/// What each component is granted, what is revoked, and what it asks for and is not granted.
pub(crate) fn permissions(components: &[ComponentPermissions]) -> String {
    let head = ["COMPONENT", "CAPABILITY", "PATTERN", "BY", "ASKED", "USES", "WHERE"].map(str::to_owned);
    let rows = components.iter().flat_map(rows);
    aligned(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn rows(found: &ComponentPermissions) -> impl Iterator<Item = [String; 7]> {
    let row = |capability: &str, pattern: &str, by: &str, rest: [String; 3]| {
        let [asked, uses, place] = rest;
        let name = found.component.to_string();
        [
            name,
            capability.into(),
            printable_line(pattern),
            by.into(),
            asked,
            uses,
            printable_line(&place),
        ]
    };
    let nothing = || "-".to_owned();
    let granted = found.granted.iter().map(move |granted| {
        let by = match granted.source {
            Source::Policy => "policy",
            Source::Operator => "operator",
            Source::Project => "project",
            _ => "-",
        };
        let place = granted
            .directory
            .as_ref()
            .map(|directory| directory.display().to_string());
        let asked = if granted.asked { "yes" } else { "no" };
        let rest = [asked.into(), granted.uses.to_string(), place.unwrap_or_else(nothing)];
        row(granted.capability.key(), &granted.pattern, by, rest)
    });
    let revoked = found.revoked.iter().map(move |revoked| {
        row(
            revoked.capability.key(),
            &revoked.pattern,
            "REVOKED",
            [nothing(), nothing(), nothing()],
        )
    });
    let missing = found.missing.iter().map(move |missing: &Missing| {
        row(
            missing.capability.key(),
            &missing.pattern,
            "MISSING",
            ["yes".into(), nothing(), nothing()],
        )
    });
    granted.chain(revoked).chain(missing)
}
