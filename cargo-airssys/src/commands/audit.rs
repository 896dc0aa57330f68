//! `audit`: what components tried and operators did, and whether that record was tampered with.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::exit::{Exit, Failure};
use crate::ops::origin::origin;
use crate::ops::{audit, host};
use crate::shell::grouped;
use airssys_wasm::Error;
use airssys_wasm::audit::{AuditEntry, AuditReader, Unreadable, Verification, verify};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// How long it waits before it looks for more.
const PAUSE: Duration = Duration::from_millis(100);

/// Show and verify the record of what components tried and operators did
#[derive(Debug, Parser)]
#[command(name = "audit")]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the entries, the oldest first
    Show(Show),
    /// Say whether the log is as it was written, and where it is not
    Verify {
        /// A checkpoint that was kept elsewhere
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// The public key that has to have signed it [default: the one beside the key of the cache]
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Sign what there is, to keep that elsewhere
    Checkpoint {
        /// Write it into this file
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Replace the key that signs; the old one signs that
    RotateKey {
        /// What it is for; the log keeps it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Only what is about this component
    name: Option<String>,
    /// Only entries of this kind, such as `access` or `grant`; may be repeated
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only what was decided so
    #[arg(long)]
    decision: Option<Decision>,
    /// Only what is not older: a time such as `2026-11-28T09:00:00Z`, or how long ago, such as `2h`
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<DateTime<Utc>>,
    /// Only what is not newer
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<DateTime<Utc>>,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decision {
    Allow,
    Deny,
}

impl Verb for Audit {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("audit show hello --decision deny", "what a component was denied"),
        (
            "audit show --kind grant --kind revoke",
            "who was given what, and by whom",
        ),
        ("audit show --since 2h --follow", "the last two hours, then what comes"),
        ("audit verify", "whether anything was changed"),
        ("audit checkpoint --export FILE", "what to keep elsewhere"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.action {
            Action::Show(show) => show.run(context),
            Action::Verify { checkpoint, key } => {
                let place = context.state()?;
                let expected = audit::expected(&place, key.as_deref(), checkpoint.as_deref())?;
                let found = verify(&place.directory, &expected)?;
                if found.files == 0 && found.is_intact() {
                    let text = format!("Nothing is recorded in {}", place.directory.display());
                    return Ok(context.shell.result(text, &found)?);
                }
                match found.is_intact() {
                    true => Ok(context.shell.result(intact(&found), &found)?),
                    false => Err(broken(found).into()),
                }
            }
            Action::Checkpoint { export } => {
                let work = async |client: &Client| client.audit_checkpoint().await;
                let checkpoint = host::with(&context.state()?, listener(&context.shell), work)?;
                let mut text = format!("{} entries are signed", grouped(checkpoint.size));
                if let Some(file) = export {
                    std::fs::write(&file, serde_json::to_string(&checkpoint)? + "\n")?;
                    text = format!("{text}; {} says so", file.display());
                }
                Ok(context.shell.result(text, &checkpoint)?)
            }
            Action::RotateKey { reason } => {
                let origin = origin(reason);
                let work = async |client: &Client| client.rotate_audit_key(&origin).await;
                let key = host::with(&context.state()?, listener(&context.shell), work)?;
                let text = format!("From here on {key} signs");
                Ok(context.shell.result(text, &json!({ "key": key }))?)
            }
        }
    }
}

impl Show {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name = self.name.as_deref().map(str::parse::<ComponentName>);
        let name = name.transpose().map_err(Error::from)?;
        let place = context.state()?;
        let mut reader = AuditReader::new(&place.directory);
        let mut is_empty = true;
        loop {
            let entries = reader.next()?;
            if entries.is_empty() {
                if !self.follow {
                    break;
                }
                // The files are another process's, which does not know that somebody reads them.
                thread::sleep(PAUSE);
            }
            is_empty &= entries.is_empty();
            for entry in entries {
                match entry {
                    Ok(entry) => {
                        let shown = members(&entry)?;
                        let is_shown = self.shows(&entry, &shown, name.as_ref());
                        // The reader may have gone, as in `airssys-wasm audit show | head -1`.
                        if is_shown && context.shell.audited(&shown).is_err() {
                            return Ok(());
                        }
                    }
                    Err(Unreadable { file, line, .. }) => {
                        context
                            .shell
                            .warn(format_args!("{file}:{line} is no entry of a log; see `audit verify`"));
                    }
                }
            }
        }
        if is_empty {
            let folder = place.directory.display();
            context.shell.note(format_args!("Nothing is recorded in {folder}"));
        }
        Ok(())
    }

    fn shows(&self, entry: &AuditEntry, shown: &Map<String, Value>, name: Option<&ComponentName>) -> bool {
        let said = |key: &str| shown.get(key).and_then(Value::as_str).unwrap_or_default();
        let decision = self.decision.map(|decision| match decision {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        });
        name.is_none_or(|name| said("component") == name.as_str())
            && (self.kind.is_empty() || self.kind.iter().any(|kind| kind == said("kind")))
            && decision.is_none_or(|decision| said("decision") == decision)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at <= until)
    }
}

/// The entry as an object of JSON.
fn members(entry: &AuditEntry) -> anyhow::Result<Map<String, Value>> {
    match serde_json::to_value(entry)? {
        Value::Object(members) => Ok(members),
        other => Err(anyhow::anyhow!("an entry is an object, and not {other}")),
    }
}

fn intact(found: &Verification) -> String {
    let mut text = format!("{} entries, as they were written", grouped(found.size));
    if found.removed > 0 {
        text.push_str(&format!(
            "; {} of them were removed as the policy says",
            grouped(found.removed)
        ));
    }
    if found.lost > 0 {
        text.push_str(&format!("; {} more could not be written", grouped(found.lost)));
    }
    text
}

fn broken(found: Verification) -> Failure {
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let message = format!("the audit log is not as it was written: {}", problems.join("; "));
    let help = "keep a copy of the folder `audit`, and of the state directory, before anything else is done; \
                docs/src/audit.md says what each of it means";
    let mut failure = Failure::new(Exit::Tampered, "audit-tampered", message, help);
    if let Ok(Value::Object(members)) = serde_json::to_value(&found) {
        failure.result = members;
    }
    failure
}

/// A time, or how long ago.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let ago =
        humantime::parse_duration(text).map_err(|_| "it is no time as `2026-11-28T09:00:00Z` and no length as `2h`")?;
    Utc::now()
        .checked_sub_signed(chrono::TimeDelta::from_std(ago).map_err(|error| error.to_string())?)
        .ok_or_else(|| "it is too long ago".into())
}
