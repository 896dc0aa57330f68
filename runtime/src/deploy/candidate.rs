//! A new release on its way into service.

use std::sync::Arc;

use super::record;
use super::route::{Route, Router};
use super::serving::Serving;
use super::start::{Starter, blocking};
use crate::actor::{Handover, Saved};
use crate::component::{Health, InstanceMode};
use crate::engine::{Instance, Prepared};
use crate::error::Error;

/// What a deployment has so far.
/// Dropping it undoes everything: the new instance goes away, and what was paused or retired goes on.
pub(super) struct Candidate {
    pub(super) prepared: Arc<Prepared>,
    instance: Option<Instance>,
    pub(super) saved: Option<Saved>,
    handover: Option<Handover>,
    retirement: Option<Retirement>,
}

/// A route whose release was not started, and must not be as long as this is held.
struct Retirement {
    route: Arc<Route>,
    router: Arc<Router>,
    replaced: bool,
}

impl Candidate {
    pub(super) fn new(prepared: Arc<Prepared>) -> Self {
        Self {
            prepared,
            instance: None,
            saved: None,
            handover: None,
            retirement: None,
        }
    }

    pub(super) async fn start(&mut self, starter: &Starter) -> Result<(), Error> {
        self.instance = starter.first_instance(&self.prepared).await?;
        Ok(())
    }

    pub(super) async fn check_health(&mut self) -> Result<(), Error> {
        let Some(instance) = &mut self.instance else {
            return Ok(());
        };
        match instance.health().await? {
            Health::Unhealthy(reason) => Err(Error::Unhealthy { reason }),
            Health::Healthy | Health::Degraded(_) => Ok(()),
        }
    }

    /// Pauses the old release, if it is an actor in service, and hands the newest state to the new one.
    pub(super) async fn take_state(&mut self, starter: &Starter, router: &Arc<Router>) -> Result<(), Error> {
        let name = self.prepared.release.name.clone();
        let old = router.find(&name).ok();
        if let Some(route) = old {
            match route.retire().await.cloned() {
                // Of an actor whose task has failed, only what was saved is left.
                Some(serving) if serving.is_dead() => {}
                Some(serving) => self.handover = serving.pause().await?,
                None => {
                    self.retirement = Some(Retirement {
                        route: route.clone(),
                        router: router.clone(),
                        replaced: false,
                    });
                }
            }
        }
        self.saved = match self.handover.as_ref().and_then(|handover| handover.saved.clone()) {
            Some(saved) => Some(saved),
            None => {
                let store = starter.store.clone();
                blocking(move || record::state(&store, &name)).await?
            }
        };
        if let (Some(saved), Some(instance)) = (&self.saved, &mut self.instance) {
            instance.restore(&saved.version.to_string(), &saved.bytes).await?;
        }
        Ok(())
    }

    /// The whole candidate; what stays behind holds nothing.
    pub(super) fn hand_on(&mut self) -> Self {
        let nothing = Self::new(self.prepared.clone());
        std::mem::replace(self, nothing)
    }

    /// Ends the instance of a release that makes one for each call: it has done its part with the health check.
    pub(super) async fn ready(mut self) -> Result<Self, Error> {
        if self.prepared.release.instances == InstanceMode::Fresh
            && let Some(instance) = self.instance.take()
        {
            instance.shutdown().await?;
        }
        Ok(self)
    }

    /// Puts the release into service, and ends what it replaces.
    pub(super) fn enter_service(self, switch: impl FnOnce(Arc<Serving>)) {
        switch(Arc::new(Serving::new(self.prepared, self.instance, self.saved)));
        if let Some(mut retirement) = self.retirement {
            retirement.replaced = true;
        }
        if let Some(handover) = self.handover {
            handover.end();
        }
    }
}

impl Drop for Retirement {
    fn drop(&mut self) {
        if !self.replaced {
            self.route.revive();
            self.router.announce();
        }
    }
}
