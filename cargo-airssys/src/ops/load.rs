//! A hot swap under load: several callers, and beneath them one version takes the place of the other and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::origin::origin;
use airssys_wasm::component::{ComponentName, Message, Package};
use airssys_wasm::control::Client;
use airssys_wasm::{DeployOptions, Deployment, Error, RollbackOptions};

/// How many callers there are.
const CALLERS: usize = 4;

/// How long each version takes calls before the next swap.
const PHASE: Duration = Duration::from_millis(250);

/// When the callers stop at the latest.
const LONGEST: Duration = Duration::from_secs(3);

/// The number of calls after which they stop at the latest.
const MOST: u64 = 1_000_000;

/// What a swap under load measured.
#[derive(Debug)]
pub(crate) struct Swapped {
    /// The deployment of the new version.
    pub(crate) deployment: Deployment,
    /// The calls that were made.
    pub(crate) calls: u64,
    /// Those of them that were not answered, or not by one of the versions.
    pub(crate) failed: u64,
    /// How long the new version took from its start to all calls; compiling it is not part of this.
    pub(crate) swap: Duration,
    /// How long the way back to the old version took.
    pub(crate) rollback: Duration,
}

/// What the callers share.
struct Load {
    client: Client,
    name: ComponentName,
    answers: [String; 2],
    is_over: AtomicBool,
    calls: AtomicU64,
    failed: AtomicU64,
}

/// Brings `package` into service under load, goes back, and brings it into service once more.
/// `answers` are those that the two versions give when they are called with `input`.
pub(crate) async fn swap(
    client: &Client,
    name: &ComponentName,
    package: Package,
    input: &'static str,
    answers: [String; 2],
) -> Result<Swapped, Error> {
    let mut options = DeployOptions::default();
    options.origin = origin(Some("the tour".into()));
    // Compiles it, and keeps the code: what is measured are swaps.
    client.plan(package.clone(), &options).await?;
    let load = Arc::new(Load {
        client: client.clone(),
        name: name.clone(),
        answers,
        is_over: AtomicBool::new(false),
        calls: AtomicU64::new(0),
        failed: AtomicU64::new(0),
    });
    let mut callers = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..CALLERS {
        let load = load.clone();
        callers.spawn(async move { load.call(input, begin).await });
    }
    let swapped = under(client, name, package, &options).await;
    load.is_over.store(true, Ordering::Relaxed);
    callers.join_all().await;
    let (deployment, rollback) = swapped?;
    Ok(Swapped {
        swap: deployment.since_start(),
        rollback: rollback.since_start(),
        deployment,
        calls: load.calls.load(Ordering::Relaxed),
        failed: load.failed.load(Ordering::Relaxed),
    })
}

/// The swaps, with calls before and after each.
async fn under(
    client: &Client,
    name: &ComponentName,
    package: Package,
    options: &DeployOptions,
) -> Result<(Deployment, Deployment), Error> {
    let mut phase = tokio::time::interval(PHASE);
    phase.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once.
    phase.tick().await;
    phase.tick().await;
    let deployment = client.deploy(package, options).await?;
    phase.tick().await;
    let mut back = RollbackOptions::default();
    back.origin = options.origin.clone();
    let rollback = client.rollback(name, &back).await?;
    phase.tick().await;
    client.update(name, &deployment.release.version, options).await?;
    phase.tick().await;
    Ok((deployment, rollback))
}

impl Load {
    /// Calls without pause, until it is over.
    async fn call(&self, input: &str, begin: Instant) {
        while !self.is_over.load(Ordering::Relaxed)
            && begin.elapsed() < LONGEST
            && self.calls.load(Ordering::Relaxed) < MOST
        {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let answer = self.client.call(&self.name, Message::text(input)).await;
            let is_right = answer.is_ok_and(|answer| self.answers.iter().any(|known| *known == answer.to_text()));
            if !is_right {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
