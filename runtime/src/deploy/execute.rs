//! Takes the steps of a plan, records intent and outcome, and undoes what failed.

use std::sync::Arc;

use chrono::Utc;
use semver::Version;
use serde::Serialize;

use super::candidate::Candidate;
use super::journal::intent;
use super::packaging::{Versioning, decide_version, introduce};
use super::plan::{Plan, plan};
use super::record::{self, DeploymentRecord, Outcome, RouteRecord};
use super::route::{Route, Router};
use super::situation::Situation;
use super::start::{Starter, blocking};
use super::step::Step;
use super::timing::Clock;
use super::turn::{Turn, Turns};
use super::{Drains, StepTiming, Strategy};
use crate::component::{Package, Release};
use crate::engine::Compiled;
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

/// One deployment under way.
struct Move<'a> {
    id: u64,
    plan: &'a Plan,
    intent: &'a DeploymentRecord,
    turn: &'a Arc<Turn>,
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
        let turn = self.turns.take(&name)?;
        let asked = validated.release.clone();
        let packaged = self.compile(validated.bytes, validated.release).await;
        let packaged = packaged.map_err(|error| match error {
            // The guest was run for the first time, and did not return in order.
            Error::Trap { .. } | Error::Deadline { .. } | Error::Fuel { .. } | Error::Memory { .. } => {
                failed(&asked, error)
            }
            error => error,
        })?;
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
        let intent = intent(&release, &plan, strategy);
        let id = self.record_intent(&release, bytes, &intent).await?;
        let mut clock = Clock::new(&self.starter.events, &name, &release.version);
        clock.steps = steps;
        let release = Arc::new(release);
        let under_way = Move {
            id,
            plan: &plan,
            intent: &intent,
            turn: &turn,
        };
        match self.take_steps(&under_way, &release, compiled, &mut clock).await {
            Ok(()) => Ok(Deployment {
                id,
                release: Release::clone(&release),
                previous: plan.from,
                cached,
                steps: clock.steps,
            }),
            Err(reason) => {
                // When this cannot be written either, the next start of a host records that the outcome is unknown.
                let _ = self.record_failure(id, intent, &reason).await;
                Err(failed(&release, reason))
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
        under_way: &Move<'_>,
        release: &Arc<Release>,
        compiled: Compiled,
        clock: &mut Clock<'_>,
    ) -> Result<(), Error> {
        let mut candidate = Candidate::new(self.starter.prepare(compiled, release.clone())?);
        for step in &under_way.plan.steps {
            let name = step.name();
            match step {
                Step::Start => clock.time(name, candidate.start(&self.starter)).await?,
                Step::CheckHealth => clock.time(name, candidate.check_health()).await?,
                Step::TransferState => {
                    clock
                        .time(name, candidate.take_state(&self.starter, &self.router))
                        .await?;
                }
                Step::Switch => {
                    let whole = candidate.hand_on();
                    clock.time(name, self.switch(under_way, whole)).await?;
                }
                // Begun together with the switch, so that no cancellation comes between them.
                Step::Drain => {}
            }
        }
        Ok(())
    }

    /// Records the outcome and switches the route, in one piece that no cancellation divides.
    async fn switch(&self, under_way: &Move<'_>, candidate: Candidate) -> Result<(), Error> {
        let candidate = candidate.ready().await?;
        let release = candidate.prepared.release.clone();
        let deployed_at = Utc::now();
        let route = RouteRecord {
            version: release.version.clone(),
            deployment: under_way.id,
            deployed_at,
        };
        let outcome = DeploymentRecord {
            outcome: Some(Outcome::Succeeded { at: deployed_at }),
            ..under_way.intent.clone()
        };
        // A release is recorded when it has come into service, so that a version that never did can be used again.
        let mut batch = Batch::default()
            .put(Table::Releases, release.label(), record::encode(&*release)?)
            .put(Table::Routes, release.name.as_str(), record::encode(&route)?)
            .put(
                Table::Deployments,
                record::deployment_key(under_way.id),
                record::encode(&outcome)?,
            );
        if let Some(saved) = &candidate.saved {
            batch = record::put_state(batch, &release.name, saved);
        }
        let (store, router, drains) = (self.starter.store.clone(), self.router.clone(), self.drains.clone());
        let (id, revision, turn) = (under_way.id, under_way.plan.revision, under_way.turn.clone());
        let runtime = tokio::runtime::Handle::current();
        blocking(move || {
            let _entered = runtime.enter();
            turn.check()?;
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
            candidate.enter_service(|serving| {
                let route = Route::warm(serving, id, deployed_at);
                drains.begin(router.set(&release.name, Some(route)));
            });
            Ok(())
        })
        .await
    }
}

/// The error of a deployment that left what was there before in service.
fn failed(release: &Release, reason: Error) -> Error {
    Error::Deployment {
        label: release.label(),
        reason: Box::new(reason),
    }
}
