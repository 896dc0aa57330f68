//! Takes the steps of a plan, records intent and outcome, and undoes what failed.

use std::sync::Arc;

use chrono::Utc;
use semver::Version;
use serde::Serialize;

use super::journal::intent;
use super::packaging::{Versioning, decide_version, introduce};
use super::plan::{Plan, plan};
use super::record::{self, DeploymentRecord, Outcome, RouteRecord};
use super::route::{Route, Router};
use super::serving::Serving;
use super::situation::Situation;
use super::start::{Starter, blocking};
use super::step::Step;
use super::timing::Clock;
use super::turn::Turns;
use super::{Drains, StepTiming, Strategy};
use crate::actor::{Handover, Saved};
use crate::component::{Health, InstanceMode, Package, Release};
use crate::engine::{Compiled, Instance, Prepared};
use crate::error::Error;
use crate::store::{Batch, Table};

/// A deployment that has succeeded.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Deployment {
    /// Identifies the deployment in its state directory.
    pub id: u64,
    /// The release that takes the calls now.
    pub release: Release,
    /// The version that took them before.
    pub previous: Option<Version>,
    /// Whether the compiled code came from the cache.
    pub cached: bool,
    /// What was done, and how long each step took.
    pub steps: Vec<StepTiming>,
}

/// Deploys and removes components.
#[derive(Debug)]
pub(crate) struct Deploy {
    pub(crate) starter: Starter,
    pub(crate) router: Arc<Router>,
    pub(crate) versioning: Versioning,
    pub(crate) drains: Drains,
    pub(super) turns: Turns,
}

/// A new release on its way into service.
struct Candidate {
    prepared: Arc<Prepared>,
    instance: Option<Instance>,
    saved: Option<Saved>,
    handover: Option<Handover>,
}

/// Bytes that were validated, compiled and asked, and the release they make.
struct Packaged {
    release: Release,
    bytes: Arc<Vec<u8>>,
    compiled: Compiled,
    steps: Vec<StepTiming>,
}

impl Deploy {
    pub(crate) fn new(starter: Starter, router: Arc<Router>, versioning: Versioning) -> Self {
        Self {
            starter,
            router,
            versioning,
            drains: Drains::default(),
            turns: Turns::default(),
        }
    }

    /// The release that deploying this package would make; changes nothing.
    pub(crate) async fn package(&self, package: Package) -> Result<Release, Error> {
        let validated = blocking(move || package.validate()).await?;
        let packaged = self.compile(validated.bytes, validated.release).await?;
        Ok(packaged.release)
    }

    /// Brings a package into service.
    pub(crate) async fn deploy(&self, package: Package) -> Result<Deployment, Error> {
        let validated = blocking(move || package.validate()).await?;
        let name = validated.release.name.clone();
        let _turn = self.turns.take(&name)?;
        let packaged = self.compile(validated.bytes, validated.release).await?;
        let Packaged {
            release,
            bytes,
            compiled,
            steps,
        } = packaged;
        let cached = compiled.cached;
        let current = self.router.find(&name).ok();
        let situation = Situation {
            current: current.as_deref().map(|route| &*route.release),
            new: &release,
            revision: self.router.revision(),
        };
        let strategy = Strategy::Immediate;
        let plan = plan(&situation, strategy);
        let id = self.record_intent(&release, bytes, &plan, strategy).await?;
        let mut clock = Clock::new(&self.starter.events, &name, &release.version);
        clock.steps = steps;
        let release = Arc::new(release);
        match self
            .take_steps(&plan, id, strategy, &release, compiled, &mut clock)
            .await
        {
            Ok(()) => Ok(Deployment {
                id,
                release: Release::clone(&release),
                previous: plan.from,
                cached,
                steps: clock.steps,
            }),
            Err(reason) => {
                self.record_failure(id, &release, &plan, strategy, &reason).await?;
                Err(Error::Deployment {
                    label: release.label(),
                    reason: Box::new(reason),
                })
            }
        }
    }

    async fn compile(&self, bytes: Vec<u8>, mut release: Release) -> Result<Packaged, Error> {
        let (store, rule) = (self.starter.store.clone(), self.versioning);
        let (name, version, digest) = (release.name.clone(), release.version.clone(), release.digest);
        release.version = blocking(move || decide_version(&store, rule, &name, &version, &digest)).await?;
        let bytes = Arc::new(bytes);
        let mut clock = Clock::new(&self.starter.events, &release.name, &release.version);
        let compiled = clock
            .time("compile", self.starter.compile(bytes.clone(), release.clone()))
            .await?;
        clock
            .time("package", introduce(&self.starter, compiled.clone(), &mut release))
            .await?;
        Ok(Packaged {
            release,
            bytes,
            compiled,
            steps: clock.steps,
        })
    }

    /// Takes the steps in order.
    /// When one fails, what was started is dropped: the candidate goes away, and a paused actor goes on.
    async fn take_steps(
        &self,
        plan: &Plan,
        id: u64,
        strategy: Strategy,
        release: &Arc<Release>,
        compiled: Compiled,
        clock: &mut Clock<'_>,
    ) -> Result<(), Error> {
        let mut candidate = Candidate {
            prepared: self.starter.prepare(compiled, release.clone())?,
            instance: None,
            saved: None,
            handover: None,
        };
        let mut replaced = None;
        for step in &plan.steps {
            let name = step.name();
            match step {
                Step::Start => {
                    candidate.instance = clock
                        .time(name, self.starter.first_instance(&candidate.prepared))
                        .await?;
                }
                Step::CheckHealth => clock.time(name, check_health(&mut candidate)).await?,
                Step::TransferState => clock.time(name, self.transfer_state(&mut candidate)).await?,
                Step::Switch => {
                    let nothing = Candidate::none(&candidate.prepared);
                    let candidate = std::mem::replace(&mut candidate, nothing);
                    replaced = clock.time(name, self.switch(plan, id, strategy, candidate)).await?;
                }
                Step::Drain => self.drains.begin(replaced.take()),
            }
        }
        Ok(())
    }

    /// Pauses the old release, if it is an actor in service, and hands the newest state to the new one.
    async fn transfer_state(&self, candidate: &mut Candidate) -> Result<(), Error> {
        let name = &candidate.prepared.release.name;
        let serving = self.router.find(name).ok().and_then(|route| route.started().cloned());
        let handover = match serving {
            Some(serving) => serving.pause().await?,
            None => None,
        };
        let saved = match &handover {
            Some(handover) => handover.saved.clone(),
            None => {
                let (store, name) = (self.starter.store.clone(), name.clone());
                blocking(move || record::state(&store, &name)).await?
            }
        };
        candidate.handover = handover;
        if let (Some(saved), Some(instance)) = (&saved, &mut candidate.instance) {
            instance.restore(&saved.version.to_string(), &saved.bytes).await?;
        }
        candidate.saved = saved;
        Ok(())
    }

    /// Records the outcome and switches the route, in one piece that no cancellation divides.
    async fn switch(
        &self,
        plan: &Plan,
        id: u64,
        strategy: Strategy,
        candidate: Candidate,
    ) -> Result<Option<Arc<Route>>, Error> {
        let release = candidate.prepared.release.clone();
        let deployed_at = Utc::now();
        let route = RouteRecord {
            version: release.version.clone(),
            deployment: id,
            deployed_at,
        };
        let outcome = DeploymentRecord {
            outcome: Some(Outcome::Succeeded { at: deployed_at }),
            ..intent(&release, plan, strategy)
        };
        // A release is recorded when it has come into service, so that a version that never did can be used again.
        let mut batch = Batch::default()
            .put(Table::Releases, release.label(), record::encode(&*release)?)
            .put(Table::Routes, release.name.as_str(), record::encode(&route)?)
            .put(
                Table::Deployments,
                record::deployment_key(id),
                record::encode(&outcome)?,
            );
        if let Some(saved) = &candidate.saved {
            batch = record::put_state(batch, &release.name, saved);
        }
        let Candidate {
            prepared,
            instance,
            saved,
            handover,
        } = candidate;
        // The instance of a release that makes one for each call has done its part with the health check.
        let instance = match release.instances {
            InstanceMode::Fresh => end(instance).await?,
            _ => instance,
        };
        let (store, router, revision) = (self.starter.store.clone(), self.router.clone(), plan.revision);
        let runtime = tokio::runtime::Handle::current();
        blocking(move || {
            let _entered = runtime.enter();
            let moved = router
                .find(&release.name)
                .ok()
                .map(|route| route.release.version.clone());
            if router.revision() != revision && moved != outcome.from {
                return Err(Error::Conflict {
                    name: release.name.clone(),
                });
            }
            store.commit(batch)?;
            let serving = Arc::new(Serving::new(prepared, instance, saved));
            let replaced = router.set(&release.name, Some(Route::warm(serving, id, deployed_at)));
            if let Some(handover) = handover {
                handover.end();
            }
            Ok(replaced)
        })
        .await
    }
}

impl Candidate {
    fn none(prepared: &Arc<Prepared>) -> Self {
        Self {
            prepared: prepared.clone(),
            instance: None,
            saved: None,
            handover: None,
        }
    }
}

async fn check_health(candidate: &mut Candidate) -> Result<(), Error> {
    let Some(instance) = &mut candidate.instance else {
        return Ok(());
    };
    match instance.health().await? {
        Health::Unhealthy(reason) => Err(Error::Unhealthy { reason }),
        Health::Healthy | Health::Degraded(_) => Ok(()),
    }
}

async fn end(instance: Option<Instance>) -> Result<Option<Instance>, Error> {
    match instance {
        Some(instance) => instance.shutdown().await.map(|()| None),
        None => Ok(None),
    }
}
