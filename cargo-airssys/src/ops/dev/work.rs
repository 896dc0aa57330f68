//! One round of a loop: a component is built, and its release swapped in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::inputs::Inputs;
use super::news::{Swap, Times};
use super::parts::Part;
use crate::ops::build::{Built, Manner};
use crate::ops::origin::origin;
use crate::ops::package::{self, Said};
use crate::ops::transcript::Transcript;
use crate::toolchain::{BuildError, Profile, Progress, Stop};
use airssys_wasm::component::{ComponentName, Strategy};
use airssys_wasm::control::Client;
use airssys_wasm::{ComponentStatus, DeployOptions, Deployment};

/// Where the steps of a build are told.
pub(crate) type Steps = Arc<dyn Progress + Send + Sync>;

/// What is to be done with a component.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Its files that have changed.
    pub(super) changed: BTreeSet<PathBuf>,
    /// When the first of them was seen to have.
    pub(super) at: Instant,
    /// Whether it is swapped in also when it is the same as before.
    pub(super) is_forced: bool,
}

/// A round that is under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) part: Part,
    pub(super) pending: Pending,
    pub(super) stop: Stop,
    /// Set when the build is over: from then on it is not stopped any more.
    pub(super) is_built: Arc<AtomicBool>,
    pub(super) color: bool,
    /// Whether the loop has no other component.
    pub(super) is_alone: bool,
}

/// What came of a round.
pub(super) struct Done {
    pub(super) outcome: anyhow::Result<Outcome>,
    /// What the build has said.
    pub(super) transcript: String,
    /// What the component is built from now, when that is something else.
    pub(super) inputs: Option<Inputs>,
}

/// A round that did not fail.
pub(super) enum Outcome {
    /// The component takes calls.
    Swapped(Box<Swap>),
    /// It is the same as the one that serves.
    Unchanged,
    /// The build was stopped.
    Stopped,
}

impl Round {
    /// Builds the component, and brings it into service when it is another one.
    pub(super) async fn run(self, client: Client, steps: Steps) -> Done {
        let begin = Instant::now();
        let round = self.clone();
        let building = tokio::task::spawn_blocking(move || round.build(&*steps)).await;
        self.is_built.store(true, Ordering::SeqCst);
        let (built, transcript) = match building.context("the build ended unexpectedly") {
            Ok(done) => done,
            Err(error) => (Err(error), String::new()),
        };
        let mut done = Done {
            outcome: Ok(Outcome::Stopped),
            transcript,
            inputs: None,
        };
        match built {
            Ok((built, inputs)) => {
                done.inputs = inputs;
                done.outcome = self.swap(&client, built, begin).await;
            }
            Err(error) if is_stopped(&error) => {}
            Err(error) => done.outcome = Err(error),
        }
        done
    }

    fn build(&self, steps: &dyn Progress) -> (anyhow::Result<(Built, Option<Inputs>)>, String) {
        let listening = Listening {
            steps,
            said: Mutex::default(),
        };
        let manner = Manner {
            profile: Profile::Dev,
            color: self.color,
            stop: Some(self.stop.clone()),
        };
        let is_other = self.pending.changed.iter().any(|path| Inputs::is_manifest(path));
        let built = self.part.build(is_other, &manner, &listening);
        let said = listening.said.into_inner().unwrap_or_else(PoisonError::into_inner);
        (built, said.text())
    }

    async fn swap(&self, client: &Client, built: Built, begin: Instant) -> anyhow::Result<Outcome> {
        let digest = built.artifact.inspection.digest;
        let name = self.part.name();
        let before = status(client, &name).await?;
        let is_same = before.as_ref().is_some_and(|before| before.release.digest == digest);
        if is_same && !self.pending.is_forced {
            return Ok(Outcome::Unchanged);
        }
        let changed: Vec<PathBuf> = self
            .pending
            .changed
            .iter()
            .map(|path| self.part.relative(path))
            .collect();
        let mut options = DeployOptions::default();
        options.strategy = Some(Strategy::Immediate);
        // Its author knows what breaks, and is told by `deploy --plan`.
        options.allow_breaking = true;
        options.origin = origin(changed.first().map(|path| format!("dev: {}", path.display())));
        let compiled = built.compiled;
        let packed = begin.elapsed().saturating_sub(compiled);
        let package = package::of_bytes(built.artifact.bytes, Said::default());
        let deployment = client.deploy(package, &options).await?;
        let live = self.pending.at.elapsed();
        let after = status(client, &name).await?;
        let failed = |status: &Option<ComponentStatus>| status.as_ref().map_or(0, |status| status.failed);
        let (compile, swap) = split(&deployment);
        Ok(Outcome::Swapped(Box::new(Swap {
            component: name,
            changed,
            times: Times {
                watch: begin.saturating_duration_since(self.pending.at),
                build: compiled,
                pack: packed,
                compile,
                swap,
                live,
            },
            in_flight: before.as_ref().map_or(0, |before| before.in_flight),
            failed: failed(&after).saturating_sub(failed(&before)),
            is_alone: self.is_alone,
            state_kept: deployment.release.has_state && deployment.previous.is_some(),
            version: deployment.release.version,
            from: deployment.previous,
            digest,
        })))
    }
}

/// How a component is doing; none when it is not deployed.
pub(super) async fn status(client: &Client, name: &ComponentName) -> anyhow::Result<Option<ComponentStatus>> {
    let all = client.status().await?;
    Ok(all.into_iter().find(|status| status.release.name == *name))
}

/// How long compiling took, and how long everything after it.
fn split(deployment: &Deployment) -> (Duration, Duration) {
    let (compile, others): (Vec<_>, Vec<_>) = deployment.steps.iter().partition(|step| step.step == "compile");
    let sum = |steps: Vec<&airssys_wasm::StepTiming>| steps.iter().map(|step| step.took).sum();
    (sum(compile), sum(others))
}

fn is_stopped(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(BuildError::Stopped { .. }))
}

/// Passes on the steps, and keeps what the compiler says until it is known what came of it.
struct Listening<'a> {
    steps: &'a dyn Progress,
    said: Mutex<Transcript>,
}

impl Progress for Listening<'_> {
    fn step(&self, text: &str) {
        self.steps.step(text);
    }

    fn fraction(&self, done: u64, total: u64) {
        self.steps.fraction(done, total);
    }

    fn output(&self, text: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.lines() {
            said.line(line);
        }
    }
}
