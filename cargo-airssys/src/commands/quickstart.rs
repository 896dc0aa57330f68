//! `quickstart`: the tour from nothing to a component that was deployed, changed and deployed again.

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use serde_json::{Value, json};

use super::verb::{Context, Verb};
use super::{build, rollout};
use crate::exit::{Exit, Failure};
use crate::ops::package::{self, Said};
use crate::ops::scaffold::{self, Plan, templates};
use crate::ops::state::StatePlace;
use crate::ops::{host, load, project, tour};
use crate::shell::{grouped, millis, printable_line, seconds, size, took};
use crate::toolchain::Profile;
use airssys_wasm::component::{ComponentName, Message};
use airssys_wasm::control::Client;
use airssys_wasm::{DeployOptions, Error};

/// The component of the tour.
const NAME: &str = "hello";

/// What it is called with.
const INPUT: &str = "world";

/// Take the tour: scaffold, build, test, deploy, call, change, swap while calls go on, call again
#[derive(Debug, Parser)]
#[command(name = "quickstart")]
pub(super) struct Quickstart {
    /// The folder for the project [default: a new one here, or in the target directory of the cargo project here]
    path: Option<PathBuf>,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

/// The tour while it is under way.
struct Tour<'a> {
    context: &'a Context,
    folder: PathBuf,
    steps: Vec<Value>,
    /// What the swap under load measured.
    measured: Value,
}

impl Verb for Quickstart {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("quickstart", "asks once, then works by itself for some minutes"),
        (
            "quickstart --yes -o json",
            "ends with one JSON object of what each step measured",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let begin = Instant::now();
        let folder = self.path.unwrap_or(tour::folder(&context.folder()?));
        let folder = std::path::absolute(folder)?;
        let question = format!(
            "Make a project in {}, download what building needs, and run it?",
            folder.display()
        );
        if !self.yes && context.shell.is_interactive() && !context.shell.confirm(&question)? {
            let failure = Failure::new(
                Exit::Usage,
                "declined",
                "the tour was not begun",
                "answer `y`, or add `--yes`",
            );
            return Err(failure.into());
        }
        let mut tour = Tour {
            context,
            folder,
            steps: Vec::new(),
            measured: Value::Null,
        };
        let answers = tour.run()?;
        tour.close(&answers, begin)
    }
}

impl Tour<'_> {
    /// Where the project's state is.
    /// The project has to be there: before, the one around it would be found.
    fn place(&self) -> StatePlace {
        self.context.place(&self.folder)
    }

    fn run(&mut self) -> anyhow::Result<[String; 2]> {
        self.step("scaffold", "a new project from a template", Self::scaffold)?;
        let first = self.step("build", "its source becomes a WebAssembly component", Self::build)?;
        self.step(
            "test",
            "its unit tests run natively, with plain `cargo test`",
            Self::test,
        )?;
        self.step(
            "deploy",
            "the component is checked, compiled, started and recorded",
            |tour| tour.deploy(first),
        )?;
        let before = self.step(
            "call",
            "one message in, one message out, in an empty sandbox",
            Self::call,
        )?;
        let second = self.step("change", "another greeting, version 0.2.0, built again", |tour| {
            tour::change(&tour.folder)?;
            tour.build()
        })?;
        self.step(
            "deploy-again",
            "under load, the new version takes the place of the old one, goes back, and comes again",
            |tour| tour.swap(second, &before),
        )?;
        let after = self.step("call-again", "the new version answers", Self::call)?;
        Ok([before, after])
    }

    /// Announces a step, takes it, and notes what it measured.
    fn step<T>(
        &mut self,
        step: &'static str,
        meaning: &str,
        take: impl FnOnce(&mut Self) -> anyhow::Result<(T, String, Value)>,
    ) -> anyhow::Result<T> {
        let begin = Instant::now();
        let shell = &self.context.shell;
        shell.heading(format_args!("{}/8 {step}: {meaning}", self.steps.len() + 1));
        let outcome = take(self);
        shell.hide_spinner();
        let (made, text, mut measured) = outcome?;
        shell.done("", format_args!("{text} ({})", took(begin.elapsed())));
        measured["step"] = step.into();
        measured["seconds"] = seconds(begin.elapsed()).into();
        self.steps.push(measured);
        Ok(made)
    }

    fn scaffold(&mut self) -> anyhow::Result<((), String, Value)> {
        let name: ComponentName = NAME.parse().map_err(Error::from)?;
        let template = templates()?
            .into_iter()
            .find(|template| template.name == "rust-component");
        let template = template.ok_or_else(|| anyhow::anyhow!("the template of the tour is missing"))?;
        let created = scaffold::create(&Plan {
            folder: self.folder.clone(),
            name,
            description: "Greets whom it is called with.".into(),
            template,
        })?;
        let text = format!("{} files in {}", created.files.len(), self.folder.display());
        Ok(((), text, json!({ "files": created.files })))
    }

    fn build(&mut self) -> anyhow::Result<(Vec<u8>, String, Value)> {
        let begin = Instant::now();
        let project = project::find(&self.folder, None)?;
        let built = build::built(self.context, &project, Profile::Release)?;
        let text = format!(
            "{}, {}",
            build::labelled(&project, &built),
            size(built.artifact.inspection.size)
        );
        let measured = build::measures(&project, &built, begin);
        Ok((built.artifact.bytes, text, measured))
    }

    fn test(&mut self) -> anyhow::Result<((), String, Value)> {
        let _spinner = self.context.shell.spin("cargo test");
        let passed = tour::test(&self.folder)?;
        Ok(((), format!("{passed} tests passed"), json!({ "passed": passed })))
    }

    fn deploy(&mut self, bytes: Vec<u8>) -> anyhow::Result<((), String, Value)> {
        let package = package::of_bytes(bytes, Said::default());
        let options = DeployOptions::default();
        let deploy = async |client: &Client| client.deploy(package.clone(), &options).await;
        let deployment = rollout::deployed(self.context, &self.place(), deploy)?;
        Ok(((), rollout::summary(&deployment), json!({ "deployment": deployment })))
    }

    fn swap(&mut self, bytes: Vec<u8>, before: &str) -> anyhow::Result<((), String, Value)> {
        let name: ComponentName = NAME.parse().map_err(Error::from)?;
        let package = package::of_bytes(bytes, Said::default());
        let answers = [before.to_owned(), tour::AGAIN.to_owned()];
        let _spinner = self.context.shell.spin("calling it without pause while it is swapped");
        let swap = async |client: &Client| load::swap(client, &name, package, INPUT, answers).await;
        let swapped = host::with(&self.place(), host::quiet(), swap)?;
        let text = format!(
            "{} calls, {} failed; swap {}, rollback {}",
            grouped(swapped.calls),
            grouped(swapped.failed),
            millis(swapped.swap),
            millis(swapped.rollback)
        );
        self.measured = json!({
            "calls": swapped.calls,
            "failed": swapped.failed,
            "swap_ms": seconds(swapped.swap * 1000),
            "rollback_ms": seconds(swapped.rollback * 1000),
        });
        let mut measured = self.measured.clone();
        measured["deployment"] = serde_json::to_value(&swapped.deployment)?;
        Ok(((), text, measured))
    }

    fn call(&mut self) -> anyhow::Result<(String, String, Value)> {
        let name: ComponentName = NAME.parse().map_err(Error::from)?;
        let ask = async |client: &Client| {
            let begin = Instant::now();
            let answer = client.call(&name, Message::text(INPUT)).await?;
            Ok((answer, begin.elapsed()))
        };
        let (answer, time) = host::with(&self.place(), rollout::listener(&self.context.shell), ask)?;
        let answer = answer.to_text().into_owned();
        let text = format!(
            "called with `{INPUT}`, it answered `{}` in {}",
            printable_line(&answer),
            took(time)
        );
        let measured = json!({ "answer": answer, "call_seconds": seconds(time) });
        Ok((answer, text, measured))
    }

    fn close(self, answers: &[String; 2], begin: Instant) -> anyhow::Result<()> {
        let shell = &self.context.shell;
        let [before, after] = answers.each_ref().map(|answer| printable_line(answer));
        let text = format!(
            "hello@0.1.0 answered: {before}\nhello@0.2.0 answered: {after}\nThe project is in {}",
            self.folder.display()
        );
        let mut value = json!({
            "outcome": "ok",
            "seconds": seconds(begin.elapsed()),
            "folder": self.folder,
            "answers": answers,
            "steps": self.steps,
        });
        for key in ["calls", "failed", "swap_ms", "rollback_ms"] {
            value[key] = self.measured[key].clone();
        }
        let mut cli = tour::callable(self.context.program);
        if let Some(directory) = &self.context.state_dir {
            let directory = std::path::absolute(directory)?;
            cli = format!("{cli} --state-dir {}", directory.display());
        }
        shell.note(format_args!(
            "\nThe tour took {}. Try next:\n  cd {}\n  {cli} call hello you\n  {cli} status\n  \
             {cli} history hello\n  {cli} rollback hello\n  edit src/lib.rs, then {cli} deploy\n",
            took(begin.elapsed()),
            self.folder.display()
        ));
        Ok(shell.result(text, &value)?)
    }
}
