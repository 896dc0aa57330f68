//! Takes the steps of a plan, records intent and outcome, and undoes what was done when one fails.

mod candidate;
mod journal;
mod order;
mod state;
mod switch;

use std::sync::Arc;

use semver::Version;
use serde::{Deserialize, Serialize};

pub(super) use self::candidate::Source;
use self::candidate::{Candidate, start_all};
pub(super) use self::order::{Newcomer, Order};
use self::state::Transfer;
use super::gate::{Watched, watch};
use super::packaging::Versioning;
use super::plan::{Keep, Plan, Situation, Step, plan};
use super::record::Action;
use super::retention::{RetentionPolicy, Standby, collect};
use super::route::{Route, Router, Share};
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
    /// How many instances the old release's pool was allowed, when that was changed.
    resized_from: Option<u32>,
}

/// What a move leaves behind that has failed.
struct Failure {
    reason: Error,
    was_shifted: bool,
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
        }
    }

    /// Carries out an order in a task of its own, so that nothing is left half done when the caller gives up: then it is
    /// undone, unless its outcome was recorded already.
    pub(super) async fn carry_out(&self, order: Order, turn: Arc<Turn>) -> Result<Deployment, Error> {
        let mut caller = Caller(Some(turn.clone()));
        let deploy = self.clone();
        let task = tokio::spawn(async move {
            let outcome = deploy.execute(&order, &turn).await;
            // Who waits for the turn may open the state directory next, which this owns as well.
            drop(deploy);
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
        let base = self.router.find(&order.name).ok();
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
            resized_from: None,
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
                // When this cannot be written either, the next start of a host records that the outcome is unknown.
                let _ = self.record_failure(id, order, &plan, &failure).await;
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
            self.turn.check()?;
            let name = step.name();
            match *step {
                Step::Start { instances } => {
                    let starting = start_all(
                        &mut self.candidates,
                        &self.deploy.starter,
                        self.base.as_deref(),
                        instances,
                    );
                    clock.time(name, starting).await?;
                    self.reached("started");
                }
                Step::CheckHealth => {
                    let timeout = self.order.approach.health_timeout;
                    let candidates = &self.candidates;
                    let checking = async {
                        for candidate in candidates {
                            candidate.become_healthy(timeout, self.turn).await?;
                        }
                        Ok(())
                    };
                    clock.time(name, checking).await?;
                    self.reached("healthy");
                }
                Step::TransferState => {
                    clock.time(name, self.transfer_state()).await?;
                    self.reached("state-transferred");
                }
                Step::Resize { old, new } => {
                    clock.time(name, self.resize(old, new)).await?;
                    self.reached("resized");
                }
                Step::Shift { part } => {
                    clock.time(name, self.shift(part)).await?;
                    self.reached("shifted");
                }
                Step::Watch => {
                    clock.time(name, self.watch()).await?;
                    self.reached("watched");
                }
                Step::Switch => {
                    self.reached("before-outcome");
                    clock.time(name, self.switch()).await?;
                    self.reached("switched");
                }
                // Begun together with the switch, so that nothing comes between them.
                Step::Drain { .. } => {}
            }
        }
        Ok(())
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
        if let Some(stable) = self.stable().cloned() {
            let before = stable.max_instances();
            self.resized_from = self.resized_from.or(before);
            stable.resize(old).await;
        }
        let lead = self.lead()?;
        lead.resize(new).await;
        lead.grow(new).await
    }

    /// Gives the new release a part of the calls, and the others the rest in the proportion that they have.
    async fn shift(&mut self, part: Percent) -> Result<(), Error> {
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
                base.with_shares(first, scaled.filter(|share| share.weight > 0).collect())
            }
            None => Route::new(Share { weight: 1, ..first }, Vec::new(), self.id, chrono::Utc::now()),
        };
        self.is_shifted = true;
        self.deploy.router.set(&self.order.name, Some(Arc::new(route)));
        self.transfer.end_old();
        self.deploy.starter.events.emit(Event::Shifted {
            component: self.order.name.clone(),
            version: lead.release.version.clone(),
            part,
        });
        Ok(())
    }

    async fn watch(&mut self) -> Result<(), Error> {
        let Some(rule) = &self.order.approach.watch else {
            return Ok(());
        };
        let lead = self.lead()?;
        let stable = self.stable().filter(|stable| !Arc::ptr_eq(stable, lead));
        let Watched { reading, is_judged } = watch(lead, stable.map(Arc::as_ref), rule, self.turn).await?;
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
    async fn undo(&mut self, reason: Error) -> Failure {
        let was_shifted = self.is_shifted;
        let mut reason = reason;
        let mut keeps_new = false;
        if was_shifted {
            match self.return_state().await {
                Ok(None) => {
                    self.deploy.router.set(&self.order.name, self.base.clone());
                }
                Ok(Some(target)) => {
                    let share = Share { target, weight: 1 };
                    let route = self
                        .base
                        .as_ref()
                        .map(|base| Arc::new(base.with_shares(share, Vec::new())));
                    self.deploy.router.set(&self.order.name, route);
                }
                // The old release cannot be started any more: the new one, whatever is wrong with it, has the state.
                Err(error) => {
                    keeps_new = true;
                    reason = error;
                }
            }
        }
        if let (Some(stable), Some(before)) = (self.stable(), self.resized_from) {
            stable.resize(before).await;
        }
        if !keeps_new {
            for candidate in &self.candidates {
                candidate.leave(&self.deploy.drains);
            }
        }
        // What was paused goes on.
        let calls_lost = self.transfer.calls_lost;
        self.transfer = Transfer::default();
        if was_shifted {
            self.deploy.starter.events.emit(Event::RolledBack {
                component: self.order.name.clone(),
                version: self.order.lead().version.clone(),
                serving: self.plan.from.clone(),
                reason: reason.to_string(),
            });
        }
        Failure {
            reason,
            was_shifted,
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
