//! A release that is in the store comes into service.

use std::sync::Arc;

use semver::Version;

use crate::component::{ComponentName, InstanceMode, Release};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Deployment, Newcomer, Order, Source};
use crate::deploy::options::DeployOptions;
use crate::deploy::record::{self, Action};
use crate::deploy::route::Route;
use crate::deploy::start::blocking;
use crate::error::Error;

impl Deploy {
    /// Brings a release that is in the store into service.
    pub(crate) async fn update(
        &self,
        name: &ComponentName,
        version: &Version,
        options: &DeployOptions,
    ) -> Result<Deployment, Error> {
        let turn = self.turns.take(name)?;
        let base = self.router.route(name);
        let release = self.recorded(name, version).await?;
        let (newcomer, cached) = tokio::select! {
            recalled = self.recall(&release, base.as_deref()) => recalled?,
            error = turn.aborted() => return Err(error),
        };
        if !options.allow_breaking && base.is_some() {
            let (store, digest) = (self.starter.store.clone(), release.digest);
            if let Ok(bytes) = blocking(move || store.bytes(&digest)).await {
                self.refuse_breaking(&release, &Arc::new(bytes)).await?;
            }
        }
        let approach = Approach::new(options, &release)?;
        let order = Order {
            cached,
            ..Order::of_one(Action::Update, newcomer, approach, &options.origin)
        };
        self.carry_out(order, turn).await
    }

    /// The recorded release of this version; an error that names the others without one.
    pub(super) async fn recorded(&self, name: &ComponentName, version: &Version) -> Result<Arc<Release>, Error> {
        let (store, name, version) = (self.starter.store.clone(), name.clone(), version.clone());
        blocking(move || {
            if let Some(release) = record::release(&store, &name, &version)? {
                return Ok(Arc::new(release));
            }
            let releases = record::releases(&store, &name)?;
            let known = releases.into_iter().filter(|release| !release.collected);
            Err(Error::UnknownRelease {
                label: record::release_key(&name, &version),
                known: known.map(|release| release.version).collect(),
            })
        })
        .await
    }

    /// A recorded release as what takes calls: from the route, from those kept warm, else from the store.
    /// Says whether nothing had to be compiled.
    pub(super) async fn recall(&self, release: &Arc<Release>, base: Option<&Route>) -> Result<(Newcomer, bool), Error> {
        self.admit(release).await?;
        let routed = base.and_then(|base| base.target(&release.version)).cloned();
        let target = routed.or_else(|| self.standby.find(release));
        // The instance of an actor has ended with its state; what is kept is its code.
        let kept = target.as_ref().and_then(|target| target.started());
        let kept = kept.map(|serving| serving.prepared.clone());
        let (source, cached) = match (target, kept) {
            (Some(target), _) if release.instances != InstanceMode::Actor => (Source::Target(target), true),
            (_, Some(prepared)) => (Source::Code(prepared), true),
            // Its bytes may be there still, for another release: they go when that one does.
            _ if release.collected => {
                return Err(Error::ReleaseCollected { label: release.label() });
            }
            _ => {
                let (compiled, _) = self.starter.load(release).await?;
                let cached = compiled.cached;
                (Source::Code(self.starter.prepare(compiled, release.clone())?), cached)
            }
        };
        let newcomer = Newcomer {
            release: release.clone(),
            bytes: None,
            source,
        };
        Ok((newcomer, cached))
    }
}
