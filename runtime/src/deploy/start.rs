//! From a release to one in service.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::permissions::Permissions;
use super::record;
use super::serving::{Ledger, Serving};
use crate::actor;
use crate::component::{ComponentName, InstanceMode, Kind, Release};
pub(crate) use crate::engine::blocking;
use crate::engine::{CodeSource, Compiled, Instance, Prepared, Surroundings};
use crate::error::Error;
use crate::event::Events;
use crate::interface::Sandbox;
use crate::store::Store;
use crate::usage::{Budget, Starts};

/// What is needed to start releases.
#[derive(Clone)]
pub(crate) struct Starter {
    pub(crate) store: Arc<Store>,
    pub(crate) code: CodeSource,
    pub(crate) events: Events,
    /// What instances find.
    pub(crate) sandbox: Sandbox,
    /// What components may do.
    pub(crate) permissions: Permissions,
    /// What components use, and what there is for them.
    pub(crate) budget: Budget,
    /// What components did, release by release.
    pub(crate) ledgers: Ledgers,
}

impl Starter {
    /// Compiles away from the threads that run guests.
    pub(crate) async fn compile(&self, bytes: Arc<Vec<u8>>, release: Release) -> Result<Compiled, Error> {
        self.code.compile(bytes, &release).await
    }

    /// Links a compiled release.
    pub(crate) fn prepare(&self, compiled: Compiled, release: Arc<Release>) -> Result<Arc<Prepared>, Error> {
        // What failed when it was deployed before says nothing of this time.
        let starts = self.budget.account(&release.name).new_starts(release.digest);
        self.prepare_with(compiled, release, starts)
    }

    /// Links a compiled release that is only asked what it is.
    pub(crate) fn prepare_aside(&self, compiled: Compiled, release: Arc<Release>) -> Result<Arc<Prepared>, Error> {
        self.prepare_with(compiled, release, Arc::default())
    }

    fn prepare_with(
        &self,
        compiled: Compiled,
        release: Arc<Release>,
        starts: Arc<Starts>,
    ) -> Result<Arc<Prepared>, Error> {
        let clearance = self.permissions.clearance(&release)?;
        let account = self.budget.account(&release.name);
        self.code
            .prepare(
                compiled,
                release,
                self.events.clone(),
                Surroundings {
                    sandbox: self.sandbox.clone(),
                    clearance,
                    account,
                    starts,
                },
            )
            .map(Arc::new)
    }

    /// Puts a release into service with its first instance; a command's instances start with their calls.
    pub(crate) async fn first(&self, prepared: &Arc<Prepared>, max: Option<u32>) -> Result<Arc<Serving>, Error> {
        let first = match prepared.release.kind {
            Kind::Command => None,
            // What gets an instance for each call has one started by its health check.
            _ if prepared.release.instances == InstanceMode::Fresh => None,
            _ => Some(Instance::start(prepared).await?),
        };
        Ok(self.register(Serving::new(prepared.clone(), first, None, max)))
    }

    /// Has the calls of a release counted with those of its component.
    pub(crate) fn register(&self, serving: Serving) -> Arc<Serving> {
        self.ledgers.of(&serving.release.name).add(serving.measures.clone());
        Arc::new(serving)
    }

    /// Loads and links a release whose bytes are in the store.
    pub(crate) async fn prepare_stored(&self, release: &Arc<Release>) -> Result<Arc<Prepared>, Error> {
        let (compiled, _) = self.load(release).await?;
        self.prepare(compiled, release.clone())
    }

    /// Loads a release from the store and compiles it, through the cache; returns its bytes as well.
    pub(crate) async fn load(&self, release: &Release) -> Result<(Compiled, Arc<Vec<u8>>), Error> {
        let (store, digest, label) = (self.store.clone(), release.digest, release.label());
        let bytes = blocking(move || match store.holds(&digest) {
            true => store.bytes(&digest),
            false => Err(Error::ReleaseCollected { label }),
        });
        let bytes = Arc::new(bytes.await?);
        let compiled = self.compile(bytes.clone(), release.clone()).await?;
        Ok((compiled, bytes))
    }

    /// Puts a release into service that was deployed before this host was started.
    pub(crate) async fn bring_back(&self, release: &Arc<Release>, max: Option<u32>) -> Result<Arc<Serving>, Error> {
        let (compiled, _) = self.load(release).await?;
        let starts = self.budget.account(&release.name).starts_of(release.digest);
        let prepared = self.prepare_with(compiled, release.clone(), starts)?;
        if release.instances == InstanceMode::Fresh {
            return Ok(self.register(Serving::new(prepared, None, None, max)));
        }
        let (store, name) = (self.store.clone(), release.name.clone());
        let saved = blocking(move || record::state(&store, &name)).await?;
        let saved = saved.filter(|_| release.has_state && release.instances == InstanceMode::Actor);
        let first = actor::start(&prepared, saved.as_ref()).await?;
        Ok(self.register(Serving::new(prepared, Some(first), saved, max)))
    }
}

/// The ledgers of all components.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledgers(Arc<Mutex<HashMap<ComponentName, Arc<Ledger>>>>);

impl Ledgers {
    /// The ledger of a component.
    pub(crate) fn of(&self, name: &ComponentName) -> Arc<Ledger> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.clone()).or_default().clone()
    }
}

impl std::fmt::Debug for Starter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Starter")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
