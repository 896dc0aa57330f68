//! How a release comes into service: the options that `deploy` and `update` share, and what they print.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::grants::{self, ask};
use super::verb::Context;
use crate::exit::explain;
use crate::ops::host::{self, Listener};
use crate::ops::origin::origin;
use crate::ops::state::StatePlace;
use crate::shell::{Shell, percent, printable_line, took};
use airssys_wasm::component::{Gate, Percent, Span};
use airssys_wasm::control::Client;
use airssys_wasm::{Action, DeployOptions, Deployment, Error, Event, Preview, Strategy};

/// How a release comes into service.
#[derive(Debug, Args)]
#[command(next_help_heading = "How it comes into service")]
pub(super) struct Rollout {
    /// The strategy [default: what its manifest says, else immediate]
    #[arg(long, value_name = "NAME")]
    strategy: Option<Choice>,
    /// The parts of the calls that a canary gets, in percent [default: 5,25,100]
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    steps: Vec<Percent>,
    /// How many instances a rolling deployment replaces at a time [default: a quarter]
    #[arg(long, value_name = "N")]
    batch: Option<u32>,
    /// How long each step is watched, as in `10s` [default of a canary: 30s]
    #[arg(long, value_name = "TIME")]
    window: Option<Span>,
    /// What takes it back while it is watched, as in `p99 > 250ms`; may be repeated [default: error-rate > 1%]
    #[arg(long, value_name = "GATE")]
    gate: Vec<Gate>,
    /// The number of calls below which a window says nothing [default: 20]
    #[arg(long, value_name = "N")]
    min_calls: Option<u64>,
    /// How long it may take to become healthy [default: 1s]
    #[arg(long, value_name = "TIME")]
    health_timeout: Option<Span>,
    /// Deploy it although it breaks what callers rely on
    #[arg(long)]
    allow_breaking: bool,
    /// Say what would be done and what changes for callers, and do nothing
    #[arg(long)]
    plan: bool,
    /// What it is for; the history shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A strategy by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    // All calls at once, when it is healthy.
    Immediate,
    // As many instances as the old release has, then all calls at once.
    BlueGreen,
    // A growing part of the calls, watched at each step.
    Canary,
    // The instances of a pool in batches.
    Rolling,
}

impl Rollout {
    /// The options of the host; refuses those that contradict each other.
    pub(super) fn options(&self) -> Result<DeployOptions, Error> {
        let mut options = DeployOptions::default();
        options.strategy = self.strategy()?;
        options.window = self.window.map(|window| window.0);
        options.gates = (!self.gate.is_empty()).then(|| self.gate.clone());
        options.min_calls = self.min_calls;
        options.health_timeout = self.health_timeout.map(|timeout| timeout.0);
        options.allow_breaking = self.allow_breaking;
        options.origin = origin(self.reason.clone());
        Ok(options)
    }

    fn strategy(&self) -> Result<Option<Strategy>, Error> {
        let refused = |reason: &str| Error::InvalidOptions { reason: reason.into() };
        if self.batch.is_some() && !matches!(self.strategy, Some(Choice::Rolling)) {
            return Err(refused("`--batch` belongs to `--strategy rolling`"));
        }
        if !self.steps.is_empty() && !matches!(self.strategy, Some(Choice::Canary)) {
            return Err(refused("`--steps` belongs to `--strategy canary`"));
        }
        Ok(self.strategy.map(|strategy| match strategy {
            Choice::Immediate => Strategy::Immediate,
            Choice::BlueGreen => Strategy::BlueGreen,
            Choice::Canary if self.steps.is_empty() => Strategy::canary(),
            Choice::Canary => Strategy::Canary {
                steps: self.steps.clone(),
            },
            Choice::Rolling => Strategy::Rolling { batch: self.batch },
        }))
    }

    /// How long a release may take to become healthy.
    pub(super) fn health_timeout(&self) -> Option<Duration> {
        self.health_timeout.map(|timeout| timeout.0)
    }

    /// What it is for.
    pub(super) fn reason(&self) -> Option<String> {
        self.reason.clone()
    }

    /// Plans, or does it, and prints what came of it.
    pub(super) fn run(
        &self,
        context: &Context,
        plan: impl AsyncFnOnce(&Client, &DeployOptions) -> Result<Preview, Error>,
        mut deploy: impl AsyncFnMut(&Client, &DeployOptions) -> Result<Deployment, Error>,
    ) -> anyhow::Result<()> {
        let (options, place) = (self.options()?, context.state()?);
        if self.plan {
            let listener = listener(&context.shell);
            let preview = host::with(&place, listener, async |client| plan(client, &options).await);
            context.shell.hide_spinner();
            return self.planned(context, &place, &preview?);
        }
        let unwatched = Cell::new(false);
        let deploy = async |client: &Client| {
            let mut options = options.clone();
            if !client.is_remote() && options.window.is_none() {
                // Nobody calls a host that is there for one command, so there is nothing to wait for.
                options.window = Some(Duration::ZERO);
                unwatched.set(true);
            }
            deploy(client, &options).await
        };
        let deployment = deployed(context, &place, deploy)?;
        if unwatched.get() && is_to_be_watched(&options, &deployment) {
            context.shell.note(format_args!(
                "note: no host was running, so there were no calls to watch: only its health was checked; \
                 `{} serve` runs a host",
                context.program
            ));
        }
        Ok(context.shell.result(summary(&deployment), &deployment)?)
    }

    /// Prints a plan; one that would be refused ends as the deployment would.
    fn planned(&self, context: &Context, place: &StatePlace, preview: &Preview) -> anyhow::Result<()> {
        let shell = &context.shell;
        if !preview.missing.is_empty() {
            if !shell.is_json() {
                shell.result(outline(preview), &())?;
            }
            let refused = Error::NotGranted {
                label: preview.release.label(),
                missing: preview.missing.clone(),
                policy: preview.policy.clone(),
            };
            let error = grants::explained(context, place, false, refused.into());
            let failure = explain(&error, context.program);
            return Err(failure.with_result(serde_json::to_value(preview)?).into());
        }
        let breaking: Vec<String> = preview
            .compatibility
            .breaking()
            .map(|found| found.text.clone())
            .collect();
        let from = preview
            .from
            .clone()
            .filter(|_| !breaking.is_empty() && !self.allow_breaking);
        let Some(from) = from else {
            return Ok(shell.result(outline(preview), preview)?);
        };
        if !shell.is_json() {
            shell.result(outline(preview), &())?;
        }
        let refused = Error::Incompatible {
            label: preview.release.label(),
            from,
            differences: breaking,
        };
        let failure = explain(&refused.into(), context.program);
        Err(failure.with_result(serde_json::to_value(preview)?).into())
    }
}

/// Whether the operator, or the author, wants calls to be watched.
fn is_to_be_watched(options: &DeployOptions, deployment: &Deployment) -> bool {
    let said = &deployment.release.deploy;
    let authors = options.strategy.is_none() && (said.window.is_some() || !said.rollback_if.is_empty());
    let strategy = options.strategy.clone().or_else(|| said.strategy());
    authors || options.gates.is_some() || matches!(strategy, Some(Strategy::Canary { .. }))
}

/// Deploys on the host of the state directory, with the steps as they happen.
pub(super) fn deployed(
    context: &Context,
    place: &StatePlace,
    mut deploy: impl AsyncFnMut(&Client) -> Result<Deployment, Error>,
) -> anyhow::Result<Deployment> {
    let shell = &context.shell;
    let is_own = Arc::new(AtomicBool::new(false));
    let told = noting_the_watch(context, is_own.clone());
    let is_remote = Cell::new(false);
    let outcome = host::with(place, told, async |client| {
        is_remote.set(client.is_remote());
        is_own.store(!client.is_remote(), Ordering::Relaxed);
        match deploy(client).await {
            Err(Error::NotGranted { label, missing, .. })
                if place.project.is_some() && ask(shell, client, &label, &missing).await? =>
            {
                deploy(client).await
            }
            outcome => outcome,
        }
    });
    shell.hide_spinner();
    outcome.map_err(|error| grants::explained(context, place, is_remote.get(), error))
}

/// Prints a host's events.
pub(super) fn listener(shell: &Arc<Shell>) -> Listener {
    let shell = Arc::clone(shell);
    Arc::new(move |event| shell.event(event))
}

/// [`listener`] that says once, when a release is watched, that nobody calls a host which is there for one command.
fn noting_the_watch(context: &Context, is_own: Arc<AtomicBool>) -> Listener {
    let (shell, program) = (Arc::clone(&context.shell), context.program);
    Arc::new(move |event| {
        if matches!(event, Event::StepStarted { step, .. } if step == "watch") && is_own.swap(false, Ordering::Relaxed)
        {
            shell.hide_spinner();
            shell.note(format_args!(
                "note: no host was running, so there are no calls to watch but those of other commands; \
                 `{program} serve` runs a host"
            ));
        }
        shell.event(event);
    })
}

/// What was done, in a line.
pub(super) fn summary(deployment: &Deployment) -> String {
    let release = &deployment.release;
    let time = took(deployment.steps.iter().map(|step| step.took).sum());
    let (label, digest) = (release.label(), release.digest.short());
    let previous = deployment
        .previous
        .as_ref()
        .filter(|previous| **previous != release.version);
    let instead = previous
        .map(|version| format!(", in place of {version}"))
        .unwrap_or_default();
    match deployment.action {
        Action::Rollback => {
            let lost = match deployment.calls_lost {
                Some(calls) if calls > 0 => format!("; what {calls} calls did since then is lost"),
                _ => String::new(),
            };
            format!("Rolled back to {label} in {time}{instead}{lost}")
        }
        Action::Update => format!("Updated to {label} in {time}{instead}"),
        Action::Split => {
            let sum: u32 = deployment.weights.iter().map(|(_, weight)| *weight).sum();
            let parts = deployment
                .weights
                .iter()
                .map(|(version, weight)| format!("{} to {version}", percent(f64::from(*weight) / f64::from(sum))));
            let parts: Vec<String> = parts.collect();
            format!("Split the calls of {} in {time}: {}", release.name, parts.join(", "))
        }
        _ => format!("Deployed {label} (sha256 {digest}) in {time}{instead}"),
    }
}

/// A plan, for people.
fn outline(preview: &Preview) -> String {
    let instead = preview
        .from
        .as_ref()
        .map(|version| format!(", in place of {version}"))
        .unwrap_or_default();
    let (label, digest) = (preview.release.label(), preview.release.digest.short());
    let mut lines = vec![format!(
        "Would deploy {label} (sha256 {digest}){instead}, by {}",
        preview.strategy
    )];
    let steps = preview.steps.iter().enumerate();
    lines.extend(steps.map(|(place, step)| format!("{:>4}. {step}", place + 1)));
    if let Some(window) = preview.window {
        let gates: Vec<String> = preview.gates.iter().map(|gate| format!("`{gate}`")).collect();
        lines.push(format!(
            "Each step is watched for {window}; it is taken back by {}, or when it is unhealthy",
            gates.join(", ")
        ));
    }
    let differences = preview.compatibility.differences.iter();
    lines.extend(differences.map(|found| format!("{}: {}", found.severity, printable_line(&found.text))));
    let missing = preview.missing.iter();
    lines.extend(missing.map(|missing| format!("not granted: {}", printable_line(&missing.to_string()))));
    lines.join("\n")
}
