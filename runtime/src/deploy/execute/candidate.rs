//! A release on its way into service, or back into it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Deploy, Newcomer};
use crate::component::Health;
use crate::deploy::route::{Route, Target};
use crate::deploy::serving::{Afterwards, Serving};
use crate::deploy::start::Starter;
use crate::engine::Prepared;
use crate::error::Error;

/// How often a release that is not healthy yet is asked.
const PAUSE: Duration = Duration::from_millis(20);

/// What a release is started from.
#[derive(Clone)]
pub(in crate::deploy) enum Source {
    /// From its code.
    Code(Arc<Prepared>),
    /// It takes calls, or did: from what is there.
    Target(Arc<Target>),
}

/// A release that is to take calls.
pub(super) struct Candidate {
    source: Source,
    /// Whether it takes calls already.
    is_routed: bool,
    target: Option<Arc<Target>>,
}

impl Candidate {
    pub(super) fn new(newcomer: &Newcomer, base: Option<&Route>) -> Self {
        let is_routed = match (&newcomer.source, base) {
            (Source::Target(target), Some(base)) => {
                base.shares().iter().any(|share| Arc::ptr_eq(&share.target, target))
            }
            _ => false,
        };
        Self {
            source: newcomer.source.clone(),
            is_routed,
            target: None,
        }
    }

    /// The release, once it was started.
    pub(super) fn target(&self) -> Option<&Arc<Target>> {
        self.target.as_ref()
    }

    /// The release in service, once it was started.
    pub(super) fn serving(&self) -> Option<&Arc<Serving>> {
        self.target.as_ref()?.started()
    }

    /// Starts instances; a pool gets as many as are wanted, and may have up to `max`.
    async fn start(&mut self, starter: &Starter, max: Option<u32>, instances: u32) -> Result<(), Error> {
        let target = match &self.source {
            Source::Code(prepared) => Arc::new(Target::warm(starter.first(prepared, max).await?)),
            Source::Target(target) => target.clone(),
        };
        let serving = target.serving(starter).await?.ok_or_else(super::not_started)?.clone();
        if matches!(self.source, Source::Target(_)) && !self.is_routed {
            serving.recall();
            let own = serving.release.instances.max_instances();
            serving.resize(max.or(own).unwrap_or(1)).await;
        }
        self.target = Some(target);
        serving.grow(instances).await
    }

    /// Starts anew, when a state was refused: nobody knows what the instance made of it.
    pub(super) async fn restart(&mut self, starter: &Starter, max: Option<u32>) -> Result<(), Error> {
        if let Some(serving) = self.serving() {
            let prepared = serving.prepared.clone();
            self.target = Some(Arc::new(Target::warm(starter.first(&prepared, max).await?)));
        }
        Ok(())
    }

    /// Asks the release how it is until it is healthy, or its time is over.
    pub(super) async fn become_healthy(&self, timeout: Duration) -> Result<(), Error> {
        let serving = self.serving().ok_or_else(super::not_started)?;
        let deadline = Instant::now() + timeout;
        loop {
            let Health::Unhealthy(reason) = serving.check_health().await? else {
                return Ok(());
            };
            let next = Instant::now() + PAUSE;
            if next > deadline {
                return Err(Error::Unhealthy { reason });
            }
            sleep_until(next).await;
        }
    }

    /// Takes no more calls, after a deployment that failed; those that it took come to their end.
    pub(super) fn leave(&self, deploy: &Deploy, deployment: u64) {
        let Some(serving) = self.serving().filter(|_| !self.is_routed) else {
            return;
        };
        let afterwards = match self.source {
            Source::Code(_) => Afterwards::End,
            Source::Target(_) => Afterwards::Keep(1),
        };
        let report = deploy.reporting_cancelled(deployment);
        deploy.drains.begin(serving.clone(), afterwards, report);
    }
}

/// Starts every candidate.
pub(super) async fn start_all(
    candidates: &mut [Candidate],
    starter: &Starter,
    base: Option<&Route>,
    instances: u32,
) -> Result<(), Error> {
    let max = base.and_then(|base| base.max);
    for candidate in candidates {
        candidate.start(starter, max, instances).await?;
    }
    Ok(())
}
