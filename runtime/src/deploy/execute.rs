//! Takes the steps of a plan, records intent and outcome, and undoes what was done when one fails.

mod candidate;
mod journal;
mod order;
mod state;
mod switch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

pub(super) use self::candidate::Source;
use self::candidate::{Candidate, start_all};
pub(super) use self::order::{Newcomer, Order};
use self::state::Transfer;
use self::switch::Cause;
use super::gate::{Before, Watched, watch};
use super::packaging::Versioning;
use super::plan::{Keep, Plan, Situation, Step, plan};
use super::record::Action;
use super::retention::{RetentionPolicy, Standby, collect};
use super::route::{Claims, Route, Router, Share};
use super::serving::{Afterwards, Drains, Serving};
use super::start::Starter;
use super::step_timing::{Clock, StepTiming};
use super::turn::{Turn, Turns};
use super::unrecorded::Unrecorded;
use crate::component::{ComponentName, Percent, Release};
use crate::error::Error;
use crate::event::Event;

/// A deployment that has succeeded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// Identifies the deployment in its state directory.
    pub id: u64,
    /// What was done.
    pub action: Action,
    /// The release that takes most of the calls now.
    pub release: Release,
    /// The version that took them before.
    pub previous: Option<Version>,
    /// Every release that takes calls now, with its weight.
    pub weights: Vec<(Version, u32)>,
    /// Whether the compiled code came from the cache, or was there already.
    pub cached: bool,
    /// How many calls were lost with their effects, because an actor went back to an earlier state.
    pub calls_lost: Option<u64>,
    /// What was done, and how long each step took.
    pub steps: Vec<StepTiming>,
}

impl Deployment {
    /// How long the release took from its start to all calls: making it and compiling it are not part of this.
    pub fn since_start(&self) -> Duration {
        let steps = self.steps.iter();
        let steps = steps.filter(|step| !matches!(&*step.step, "compile" | "package"));
        steps.map(|step| step.took).sum()
    }
}

/// Deploys and removes components.
#[derive(Clone, Debug)]
pub(crate) struct Deploy {
    pub(crate) starter: Starter,
    pub(crate) router: Arc<Router>,
    pub(crate) versioning: Versioning,
    pub(crate) retention: RetentionPolicy,
    pub(crate) standby: Arc<Standby>,
    pub(crate) drains: Drains,
    pub(super) turns: Turns,
    pub(super) unrecorded: Unrecorded,
    /// The HTTP routes of deployments under way.
    claims: Claims,
    /// Held while something is added to a deployment that has its outcome.
    reporting: Arc<Mutex<()>>,
}

/// One deployment under way: what was done so far.
struct Move<'a> {
    deploy: &'a Deploy,
    order: &'a Order,
    plan: &'a Plan,
    turn: &'a Arc<Turn>,
    id: u64,
    /// The route from which it starts.
    base: Option<Arc<Route>>,
    candidates: Vec<Candidate>,
    transfer: Transfer,
    /// Whether the new release takes calls before the outcome is recorded.
    is_shifted: bool,
    /// What was measured when the new release got its part of the calls, until they are watched.
    before: Option<Before>,
    /// The pools whose size was changed, and what it was.
    resized: Vec<(Arc<Serving>, u32)>,
}

/// What a move leaves behind that has failed.
struct Failure {
    reason: Error,
    was_shifted: bool,
    /// Whether the new release serves all the same, because there was no way back.
    is_kept: bool,
    calls_lost: Option<u64>,
}

impl Deploy {
    pub(crate) fn new(starter: Starter, router: Arc<Router>, versioning: Versioning, drains: Drains) -> Self {
        Self {
            starter,
            router,
            versioning,
            retention: RetentionPolicy::default(),
            standby: Arc::default(),
            drains,
            turns: Turns::default(),
            unrecorded: Unrecorded::default(),
            claims: Claims::default(),
            reporting: Arc::default(),
        }
    }

    /// Carries out an order in a task of its own, so that nothing is left half done when the caller gives up: then it is
    /// undone, unless its outcome was recorded already.
    pub(super) async fn carry_out(&self, order: Order, turn: Arc<Turn>) -> Result<Deployment, Error> {
        let mut caller = Caller(Some(turn.clone()));
        let deploy = self.clone();
        let task = tokio::spawn(async move {
            let outcome = deploy.execute(&order, &turn).await;
            // The turn last, so that nothing of the host is held here when it looks ended.
            drop((order, deploy));
            drop(turn);
            outcome
        });
        let outcome = task.await.unwrap_or_else(|error| {
            Err(Error::Engine {
                reason: error.to_string(),
            })
        });
        // It is done, so there is nothing to give up any more.
        caller.0 = None;
        outcome
    }

    async fn execute(&self, order: &Order, turn: &Arc<Turn>) -> Result<Deployment, Error> {
        let base = self.router.route(&order.name);
        let _claimed = self
            .claims
            .claim(&self.router, &order.name, order.releases(), base.as_deref())?;
        let plan = self.plan(order, base.as_deref())?;
        let (id, _announced) = self.record_intent(order, &plan).await?;
        self.reached(&order.name, "intent-recorded");
        let release = order.lead().clone();
        let mut clock = Clock::new(&self.starter.events, &order.name, &release.version);
        clock.steps = order.steps.clone();
        let mut under_way = Move {
            deploy: self,
            order,
            plan: &plan,
            turn,
            id,
            candidates: order
                .newcomers
                .iter()
                .map(|(newcomer, _)| Candidate::new(newcomer, base.as_deref()))
                .collect(),
            base,
            transfer: Transfer::default(),
            is_shifted: false,
            before: None,
            resized: Vec::new(),
        };
        let taken = under_way.take_steps(&mut clock).await;
        match taken {
            Ok(()) => {
                let calls_lost = under_way.transfer.calls_lost;
                if let Err(error) = collect(self, &order.name).await {
                    // What was not removed now is removed after the next deployment.
                    self.starter.events.emit(Event::NotCollected {
                        component: order.name.clone(),
                        reason: error.to_string(),
                    });
                }
                Ok(Deployment {
                    id,
                    action: order.action,
                    release: Release::clone(&release),
                    previous: plan.from,
                    weights: order.weights(),
                    cached: order.cached,
                    calls_lost,
                    steps: clock.steps,
                })
            }
            Err(reason) => {
                let failure = under_way.undo(reason).await;
                self.reached(&order.name, "undone");
                if !failure.is_kept {
                    // When this cannot be written either, the next start of a host records that the outcome is unknown.
                    let _ = self.record_failure(id, order, &plan, &failure).await;
                }
                self.reached(&order.name, "failure-recorded");
                Err(failed(&release, failure.reason))
            }
        }
    }

    /// Plans an order for what serves now.
    pub(super) fn plan(&self, order: &Order, base: Option<&Route>) -> Result<Plan, Error> {
        let current = base.map(Route::primary);
        let situation = Situation {
            current: current.map(|target| &*target.release),
            running: current
                .and_then(|target| target.started())
                .map_or(0, |serving| serving.instances()),
            new: order.lead(),
            max: base.and_then(|base| base.max),
            base: base.map(|base| base.deployment),
            is_watched: order.approach.watch.is_some(),
        };
        plan(&situation, &order.approach.strategy)
    }

    /// Tells that a deployment has come to a point at which a process may end.
    pub(super) fn reached(&self, component: &ComponentName, point: &'static str) {
        self.starter.events.emit(Event::Reached {
            component: component.clone(),
            point,
        });
    }
}

impl Move<'_> {
    async fn take_steps(&mut self, clock: &mut Clock<'_>) -> Result<(), Error> {
        for step in &self.plan.steps {
            // Begun together with the switch, after which nothing can be given up.
            if matches!(step, Step::Drain { .. }) {
                continue;
            }
            let turn = self.turn.clone();
            turn.check()?;
            let taking = self.take(*step);
            let taken = async {
                match step {
                    // Nothing divides it, and it looks itself whether the turn was given up.
                    Step::Switch => taking.await,
                    _ => tokio::select! {
                        biased;
                        taken = taking => taken,
                        error = turn.aborted() => Err(error),
                    },
                }
            };
            let point = clock.time(step.name(), taken).await?;
            self.reached(point);
        }
        Ok(())
    }

    /// Takes one step; returns the point that it leads to.
    async fn take(&mut self, step: Step) -> Result<&'static str, Error> {
        Ok(match step {
            Step::Start { instances } => {
                start_all(
                    &mut self.candidates,
                    &self.deploy.starter,
                    self.base.as_deref(),
                    instances,
                )
                .await?;
                "started"
            }
            Step::CheckHealth => {
                for candidate in &self.candidates {
                    candidate.become_healthy(self.order.approach.health_timeout).await?;
                }
                "healthy"
            }
            Step::TransferState => {
                self.transfer_state().await?;
                "state-transferred"
            }
            Step::Resize { old, new } => {
                self.resize(old, new).await?;
                "resized"
            }
            Step::Shift { part } => {
                self.shift(part)?;
                "shifted"
            }
            Step::Watch => {
                self.watch().await?;
                "watched"
            }
            Step::Switch => {
                self.reached("before-outcome");
                self.switch(Cause::Planned).await?;
                "switched"
            }
            Step::Drain { .. } => "drained",
        })
    }

    fn reached(&self, point: &'static str) {
        self.deploy.reached(&self.order.name, point);
    }

    /// The new release, of which there is one wherever this is asked.
    fn lead(&self) -> Result<&Arc<Serving>, Error> {
        let lead = self.candidates.first().and_then(Candidate::serving);
        lead.ok_or_else(not_started)
    }

    /// What served most of the calls before.
    fn stable(&self) -> Option<&Arc<Serving>> {
        self.base.as_ref()?.primary().started()
    }

    async fn resize(&mut self, old: u32, new: u32) -> Result<(), Error> {
        let mut resized = Vec::new();
        let lead = self.lead()?.clone();
        for serving in self.stable().into_iter().chain([&lead]) {
            let is_new = self.resized.iter().all(|(known, _)| !Arc::ptr_eq(known, serving));
            if let Some(max) = serving.max_instances().filter(|_| is_new) {
                resized.push((serving.clone(), max));
            }
        }
        self.resized.extend(resized);
        if let Some(stable) = self.stable() {
            stable.resize(old).await;
        }
        lead.resize(new).await;
        lead.grow(new).await
    }

    /// Gives the new release a part of the calls, and the others the rest in the proportion that they have.
    fn shift(&mut self, part: Percent) -> Result<(), Error> {
        let lead = self.candidates.first().and_then(Candidate::target);
        let lead = lead.ok_or_else(not_started)?.clone();
        let first = Share {
            target: lead.clone(),
            weight: 0,
        };
        let route = match &self.base {
            Some(base) => {
                let others = base.shares().iter().filter(|share| !Arc::ptr_eq(&share.target, &lead));
                let others: Vec<Share> = others.cloned().collect();
                let sum: u32 = others.iter().map(|share| share.weight).sum();
                let (part, rest) = (u32::from(part.get()), 100 - u32::from(part.get()));
                let first = Share {
                    weight: if rest == 0 { 1 } else { part.saturating_mul(sum.max(1)) },
                    ..first
                };
                let scaled = others.into_iter().map(|share| Share {
                    weight: share.weight.saturating_mul(rest),
                    ..share
                });
                // With a rest, those that get calls by rule only go on to get them.
                base.with_shares(first, scaled.filter(|_| rest > 0).collect())
            }
            None => Route::new(Share { weight: 1, ..first }, Vec::new(), self.id, chrono::Utc::now()),
        };
        self.is_shifted = true;
        // Before it gets any: a call may end before the window begins.
        self.before = self.watched().ok().map(|(lead, stable)| Before::now(lead, stable));
        self.deploy.router.set(&self.order.name, Some(Arc::new(route)));
        self.transfer.end_old();
        self.deploy.starter.events.emit(Event::Shifted {
            component: self.order.name.clone(),
            version: lead.release.version.clone(),
            part,
        });
        Ok(())
    }

    /// The new release, and the one that it is compared with.
    fn watched(&self) -> Result<(&Serving, Option<&Serving>), Error> {
        let lead = self.lead()?;
        let stable = self.stable().filter(|stable| !Arc::ptr_eq(stable, lead));
        Ok((lead, stable.map(Arc::as_ref)))
    }

    async fn watch(&mut self) -> Result<(), Error> {
        let Some(rule) = &self.order.approach.watch else {
            return Ok(());
        };
        let before = self.before.take();
        let (lead, stable) = self.watched()?;
        let before = before.unwrap_or_else(|| Before::now(lead, stable));
        let Watched { reading, is_judged } = watch(lead, stable, &before, rule, self.turn).await?;
        self.deploy.starter.events.emit(Event::WindowPassed {
            component: self.order.name.clone(),
            version: lead.release.version.clone(),
            calls: reading.calls,
            failed: reading.failed,
            p99: reading.percentile(99.0),
            is_judged,
        });
        Ok(())
    }

    /// Undoes what was done, so that what served before serves as it did.
    async fn undo(&mut self, mut reason: Error) -> Failure {
        let was_shifted = self.is_shifted;
        let mut is_kept = false;
        if was_shifted {
            match self.return_state().await {
                Ok(replaced) => {
                    let route = match (replaced, &self.base) {
                        (Some((old, new)), Some(base)) => Some(Arc::new(base.with_replaced(&old, new))),
                        (_, base) => base.clone(),
                    };
                    self.deploy.router.set(&self.order.name, route);
                }
                // The old release cannot be started any more: the new one has the state, so it goes on and is recorded.
                Err(error) => {
                    is_kept = self.switch(Cause::NoWayBack).await.is_ok();
                    reason = error;
                }
            }
        }
        for (serving, max) in self.resized.drain(..) {
            serving.resize(max).await;
        }
        if !is_kept {
            for candidate in &self.candidates {
                candidate.leave(self.deploy, self.id);
            }
        }
        let calls_lost = self.transfer.calls_lost;
        // What was paused goes on, and those who wait for it look again.
        self.transfer = Transfer::default();
        self.deploy.router.announce();
        if was_shifted && !is_kept {
            self.deploy.starter.events.emit(Event::RolledBack {
                component: self.order.name.clone(),
                version: self.order.lead().version.clone(),
                serving: self.plan.from.clone(),
                reason: bounded(&reason.to_string()),
            });
        }
        Failure {
            reason,
            was_shifted,
            is_kept,
            calls_lost,
        }
    }

    /// What is kept of the releases that are replaced.
    fn afterwards(&self, serving: &Serving) -> Afterwards {
        let keep = self.plan.steps.iter().find_map(|step| match step {
            Step::Drain { keep } => Some(*keep),
            _ => None,
        });
        match keep {
            _ if self.deploy.retention.warm == 0 || serving.is_actor() => Afterwards::End,
            Some(Keep::All) => Afterwards::Keep(u32::MAX),
            _ => Afterwards::Keep(1),
        }
    }
}

/// Has the deployment given up when its caller goes away.
struct Caller(Option<Arc<Turn>>);

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(turn) = &self.0 {
            turn.abort("its caller went away");
        }
    }
}

/// A text that a guest may have written, as it is recorded and told: in one line, and not too long.
pub(super) fn bounded(text: &str) -> String {
    const MOST: usize = 1_000;
    crate::printable::printable_line(&text.chars().take(MOST).collect::<String>())
}

/// The error of a deployment that left what was there before in service.
pub(super) fn failed(release: &Release, reason: Error) -> Error {
    Error::Deployment {
        label: release.label(),
        reason: Box::new(reason),
    }
}

/// Plans start releases before they do anything with them.
fn not_started() -> Error {
    Error::Engine {
        reason: "the release was not started".into(),
    }
}
