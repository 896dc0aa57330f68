//! `history`: every deployment of a component.

use clap::Parser;
use serde_json::json;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use crate::shell::{aligned, counted, printable_line};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;
use airssys_wasm::{Action, DeploymentRecord, Error, Outcome};

/// Show every deployment of a component: when, by whom, and what came of it
#[derive(Debug, Parser)]
#[command(name = "history")]
pub(super) struct History {
    /// The component
    name: String,
}

impl Verb for History {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("history hello", "a line for each deployment, the oldest first"),
        ("history hello -o json", "everything that is recorded"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let ask = async |client: &Client| {
            let records = client.history(&name).await?;
            if records.is_empty() {
                // It fails, with the nearest name: what has a release has a history.
                client.release(&name).await?;
            }
            Ok(records)
        };
        let unknown = || {
            Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            })
        };
        let records = host::with_existing(&context.state()?, listener(&context.shell), ask, unknown)?;
        let value = json!({ "component": name, "deployments": records });
        Ok(context.shell.result(table(&records), &value)?)
    }
}

fn table(records: &[DeploymentRecord]) -> String {
    let head = [
        "ID", "WHEN", "WHO", "ACTION", "FROM", "TO", "STRATEGY", "OUTCOME", "WHY",
    ]
    .map(str::to_owned);
    let row = |record: &DeploymentRecord| {
        let version = |version: &Option<semver::Version>| version.as_ref().map_or("-".into(), ToString::to_string);
        [
            record.id.to_string(),
            record.started_at.format("%Y-%m-%d %H:%M").to_string(),
            record.origin.by.as_deref().map_or("-".into(), printable_line),
            record.action.name().to_owned(),
            version(&record.from),
            version(&record.to),
            match record.action {
                // Nothing comes into service by these.
                Action::Scale | Action::Remove => "-".into(),
                _ => record.strategy.name().to_owned(),
            },
            record.outcome.as_ref().map_or("under way", Outcome::name).to_owned(),
            why(record),
        ]
    };
    let rows = std::iter::once(head).chain(records.iter().map(row));
    aligned(&rows.collect::<Vec<_>>())
}

/// Why a deployment failed, with which figures; what it changed beside the version; and what the operator said of it.
fn why(record: &DeploymentRecord) -> String {
    let mut said = Vec::new();
    match &record.outcome {
        Some(Outcome::Failed { reason, .. } | Outcome::RolledBack { reason, .. }) => said.push(reason.clone()),
        Some(Outcome::Interrupted { .. }) => said.push("the process ended".into()),
        _ => {}
    }
    if !record.weights.is_empty() {
        let weights = record
            .weights
            .iter()
            .map(|(version, weight)| format!("{version}={weight}"));
        said.push(weights.collect::<Vec<_>>().join(","));
    }
    said.extend(record.max_instances.map(|max| format!("max {max}")));
    let calls = |number: u64| counted(usize::try_from(number).unwrap_or(usize::MAX), "call");
    if let Some(lost) = record.calls_lost.filter(|lost| *lost > 0) {
        said.push(format!("{} lost", calls(lost)));
    }
    if record.calls_cancelled > 0 {
        said.push(format!("{} cancelled", calls(record.calls_cancelled.into())));
    }
    said.extend(record.origin.note.clone());
    printable_line(&said.join("; "))
}
