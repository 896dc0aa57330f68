//! `doctor`: what is there, what is missing, and what would put it right.

use clap::Parser;
use serde_json::{Value, json};

use super::verb::{Context, Verb};
use crate::exit::{Exit, Failure};
use crate::ops::doctor::{Check, Place, Status, examine, repair};
use crate::shell::{counted, printable_line};
use crate::toolchain;

/// Show what is there and what is missing to build and run components, and put it right
#[derive(Debug, Parser)]
#[command(name = "doctor")]
pub(super) struct Doctor {
    /// Put right what can be; without it nothing is changed or downloaded
    #[arg(long)]
    fix: bool,
    /// Look also for what components in this language are built with
    #[arg(long, value_name = "LANG", value_parser = super::init::languages())]
    lang: Option<String>,
}

impl Verb for Doctor {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("doctor", "looks, and says what it would do"),
        ("doctor --fix", "does it; asks nothing"),
        ("doctor --lang python --fix", "also what Python needs"),
        ("doctor -o json", "every check, for a program"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let shell = &context.shell;
        let place = Place {
            folder: context.folder()?,
            cache: toolchain::user_cache(),
            language: self.lang.clone(),
            state: context.state()?,
        };
        let look = || {
            let _spinner = shell.spin("looking");
            examine(&place)
        };
        let mut checks = look();
        let mut fixed = Vec::new();
        if self.fix {
            for repaired in repair(checks, shell.as_ref()) {
                match repaired.failed {
                    None => fixed.push(repaired.name),
                    Some(reason) => shell.warn(format_args!("{}: {}", repaired.name, printable_line(&reason))),
                }
            }
            shell.hide_spinner();
            checks = look();
        }
        let value = json!({
            "ok": is_well(&checks),
            "checks": checks.iter().map(|check| of_json(check, &fixed)).collect::<Vec<_>>(),
        });
        let text = report(&checks, &fixed);
        if is_well(&checks) {
            return Ok(shell.result(text, &value)?);
        }
        if !shell.is_json() {
            shell.result(text, &())?;
        }
        Err(missing(&checks, self.lang.as_deref()).with_result(value).into())
    }
}

fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.status != Status::Missing)
}

fn of_json(check: &Check, fixed: &[&str]) -> Value {
    let remedy = check.remedy.as_ref();
    json!({
        "check": check.name,
        "status": check.status,
        "found": check.found,
        "remedy": remedy.map(|remedy| &remedy.text),
        "automatic": remedy.is_some_and(|remedy| remedy.repair.is_some()),
        "fixed": fixed.contains(&check.name),
    })
}

/// A line for each check, and one below it for what would help.
fn report(checks: &[Check], fixed: &[&str]) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for check in checks {
        let word = if fixed.contains(&check.name) && check.status == Status::Ok {
            "fixed"
        } else {
            check.status.as_str()
        };
        lines.push(format!(
            "{word:<8} {:<width$}  {}",
            check.name,
            printable_line(&check.found)
        ));
        if let Some(remedy) = &check.remedy {
            let who = if remedy.repair.is_some() {
                "--fix would"
            } else {
                "you can"
            };
            lines.push(format!(
                "{:<8} {:<width$}  {who} {}",
                "",
                "",
                printable_line(&remedy.text)
            ));
        }
    }
    lines.join("\n")
}

fn missing(checks: &[Check], language: Option<&str>) -> Failure {
    let missing: Vec<&Check> = checks.iter().filter(|check| check.status == Status::Missing).collect();
    let names: Vec<&str> = missing.iter().map(|check| check.name).collect();
    let message = format!(
        "{} of {} found something missing: {}",
        missing.len(),
        counted(checks.len(), "check"),
        names.join(", ")
    );
    let automatic = missing
        .iter()
        .any(|check| check.remedy.as_ref().is_some_and(|remedy| remedy.repair.is_some()));
    let language = language
        .map(|language| format!(" --lang {language}"))
        .unwrap_or_default();
    let help = if automatic {
        format!("run `{{cli}} doctor{language} --fix`")
    } else {
        format!("do what it says above, then run `{{cli}} doctor{language}` again")
    };
    Failure::new(Exit::Unprepared, "unprepared", message, help)
}
