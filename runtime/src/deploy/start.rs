//! From a release to one in service.

use std::sync::Arc;

use super::record;
use super::serving::Serving;
use crate::actor;
use crate::component::{InstanceMode, Kind, Release};
pub(crate) use crate::engine::blocking;
use crate::engine::{CodeSource, Compiled, Instance, Prepared};
use crate::error::Error;
use crate::event::Events;
use crate::interface::Sandbox;
use crate::store::Store;

/// What is needed to start releases.
#[derive(Clone)]
pub(crate) struct Starter {
    pub(crate) store: Arc<Store>,
    pub(crate) code: CodeSource,
    pub(crate) events: Events,
    /// What instances find.
    pub(crate) sandbox: Sandbox,
}

impl Starter {
    /// Compiles away from the threads that run guests.
    pub(crate) async fn compile(&self, bytes: Arc<Vec<u8>>, release: Release) -> Result<Compiled, Error> {
        self.code.compile(bytes, &release).await
    }

    /// Links a compiled release.
    pub(crate) fn prepare(&self, compiled: Compiled, release: Arc<Release>) -> Result<Arc<Prepared>, Error> {
        self.code
            .prepare(compiled, release, self.events.clone(), self.sandbox.clone())
            .map(Arc::new)
    }

    /// Starts the first instance of a release; none for commands, whose instances start with their call.
    pub(crate) async fn first_instance(&self, prepared: &Arc<Prepared>) -> Result<Option<Instance>, Error> {
        match prepared.release.kind {
            Kind::Command => Ok(None),
            _ => Instance::start(prepared).await.map(Some),
        }
    }

    /// Puts a release into service that was deployed before this host was started.
    pub(crate) async fn bring_back(&self, release: &Arc<Release>) -> Result<Arc<Serving>, Error> {
        let (store, digest, name) = (self.store.clone(), release.digest, release.name.clone());
        let (bytes, saved) = blocking(move || Ok((store.bytes(&digest)?, record::state(&store, &name)?))).await?;
        let compiled = self.compile(Arc::new(bytes), Release::clone(release)).await?;
        let prepared = self.prepare(compiled, release.clone())?;
        let saved = saved.filter(|_| release.has_state && release.instances == InstanceMode::Actor);
        let first = match release.instances {
            InstanceMode::Actor | InstanceMode::Pool { .. } => Some(actor::start(&prepared, saved.as_ref()).await?),
            InstanceMode::Fresh => None,
        };
        Ok(Arc::new(Serving::new(prepared, first, saved)))
    }
}

impl std::fmt::Debug for Starter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Starter")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
