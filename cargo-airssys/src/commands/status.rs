//! `status`: what is deployed.

use clap::Parser;
use serde_json::json;

use super::deploy::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use airssys_wasm::ComponentStatus;

/// Show what is deployed
#[derive(Debug, Parser)]
#[command(name = "status")]
pub(super) struct Status {}

impl Verb for Status {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("status", "a line for each component"),
        ("status -o json", "everything that is recorded"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let place = context.state()?;
        let ask = async |host: &airssys_wasm::Host| Ok(host.status());
        let components = host::with_existing(&place, listener(&context.shell), ask, || Ok(Vec::new()))?;
        let value = json!({ "state_dir": place.directory, "components": components });
        if components.is_empty() {
            let text = format!("Nothing is deployed in {}", place.directory.display());
            return Ok(context.shell.result(text, &value)?);
        }
        Ok(context.shell.result(table(&components), &value)?)
    }
}

fn table(components: &[ComponentStatus]) -> String {
    let head = ["NAME", "VERSION", "DIGEST", "KIND", "DEPLOYED"].map(str::to_owned);
    let row = |status: &ComponentStatus| {
        let release = &status.release;
        let kind = release.kind.to_string();
        let kind = kind.split(" (").next().unwrap_or(&kind);
        let deployed = status.deployed_at.format("%Y-%m-%d %H:%M:%S UTC");
        [
            release.name.to_string(),
            release.version.to_string(),
            release.digest.short(),
            kind.to_owned(),
            deployed.to_string(),
        ]
    };
    aligned(
        &std::iter::once(head)
            .chain(components.iter().map(row))
            .collect::<Vec<_>>(),
    )
}

/// Rows with their columns lined up.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let line = |row: &[String; N]| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<0$}", width(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lined_up() {
        let rows = [["NAME", "V"], ["a", "1"], ["longer-name", "2"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "NAME         V\na            1\nlonger-name  2");
    }
}
