//! One round of a loop: a component is built, and its release swapped in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::news::{Swap, Times};
use super::parts::{Followed, Part};
use super::queue::Pending;
use super::session::names;
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
    pub(super) followed: Option<Followed>,
    /// When the build had ended.
    pub(super) built_at: Instant,
}

impl Done {
    /// A round that did not even begin well.
    pub(super) fn failed(error: anyhow::Error) -> Self {
        Self {
            outcome: Err(error),
            transcript: String::new(),
            followed: None,
            built_at: Instant::now(),
        }
    }
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
        let (built, followed, transcript) = match building.context("the build ended unexpectedly") {
            Ok(done) => done,
            Err(error) => return Done::failed(error),
        };
        let built_at = Instant::now();
        let outcome = match built {
            Ok(built) => self.swap(&client, built, begin).await,
            Err(error) if is_stopped(&error) => Ok(Outcome::Stopped),
            Err(error) => Err(error),
        };
        Done {
            outcome,
            transcript,
            followed,
            built_at,
        }
    }

    fn build(&self, steps: &dyn Progress) -> (anyhow::Result<Built>, Option<Followed>, String) {
        let listening = Listening {
            steps,
            said: Mutex::default(),
        };
        let manner = Manner {
            profile: Profile::Dev,
            color: self.color,
            stop: Some(self.stop.clone()),
        };
        let (built, followed) = self.part.build(&self.pending.changed, &manner, &listening);
        let said = listening.said.into_inner().unwrap_or_else(PoisonError::into_inner);
        (built, followed, said.text())
    }

    async fn swap(&self, client: &Client, built: Built, begin: Instant) -> anyhow::Result<Outcome> {
        let digest = built.artifact.inspection.digest;
        let name = self.part.name();
        let before = status(client, &name).await?;
        let is_same = before.as_ref().is_some_and(|before| before.release.digest == digest);
        if is_same && !self.pending.is_forced {
            return Ok(Outcome::Unchanged);
        }
        let changed = names(&self.part, &self.pending.changed);
        let mut options = DeployOptions::default();
        options.strategy = Some(Strategy::Immediate);
        // Its author knows what breaks, and is told by `deploy --plan`.
        options.allow_breaking = true;
        options.origin = origin(changed.first().map(|path| format!("dev: {path}")));
        let compiled = built.compiled;
        let packed = begin.elapsed().saturating_sub(compiled);
        let package = package::of_bytes(built.artifact.bytes, Said::default());
        let deployment = client.deploy(package, &options).await?;
        let live = self.pending.seen.first.elapsed();
        let after = status(client, &name).await?;
        let failed = |status: &Option<ComponentStatus>| status.as_ref().map_or(0, |status| status.failed);
        let (compile, swap) = split(&deployment);
        Ok(Outcome::Swapped(Box::new(Swap {
            component: name,
            changed,
            times: Times {
                watch: begin.saturating_duration_since(self.pending.seen.first),
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
