//! The front door: a host, and how to set one up.

mod audit;
mod builder;
mod code;
mod http;
mod network;
mod permission;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use semver::Version;

use self::audit::Recording;
pub use self::builder::HostBuilder;
use crate::actor::Saved;
use crate::audit::Recorded;
use crate::component::{ComponentName, Message, Package, Release};
use crate::deploy::{
    ComponentStatus, Deploy, DeployOptions, Deployment, DeploymentRecord, Origin, Preview, RollbackOptions,
    SplitOptions, blocking,
};
use crate::engine::{Answer, Call, Metered};
use crate::error::{Error, Result};
use crate::event::Subscription;
use crate::observe::LogWriter;
use crate::typed::{Invocation, Value};
use crate::usage::HostUsage;

/// Runs components.
///
/// A host owns its state directory: one process, one host.
/// Clones share it.
#[derive(Clone, Debug)]
#[doc(alias = "HotDeploymentEngine")]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deploy: Deploy,
    /// None when its directory goes away with it.
    logs: Option<LogWriter>,
    audit: Recording,
    closed: AtomicBool,
    /// Whether the shutdown is complete; held while it is under way.
    ended: tokio::sync::Mutex<bool>,
}

impl Host {
    /// Sets up a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Validates, compiles, starts and health-checks a package beside what is deployed, and gives it the calls, in the
    /// way that its manifest says.
    ///
    /// When the future is dropped the deployment is given up, unless its outcome was recorded already.
    ///
    /// # Errors
    ///
    /// Whatever makes the package unusable; [`Error::Incompatible`] when it breaks what callers rely on;
    /// [`Error::Deployment`] when the release did not come into service, or was taken back, in which case what was
    /// deployed before still is; [`Error::Conflict`] when another deployment is under way.
    pub async fn deploy(&self, package: Package) -> Result<Deployment> {
        self.deploy_with(package, &DeployOptions::default()).await
    }

    /// [`deploy`](Self::deploy) in the way that `options` say.
    ///
    /// # Errors
    ///
    /// Those of [`deploy`](Self::deploy), [`Error::InvalidOptions`], and [`Error::UnsuitableStrategy`] when the component
    /// cannot be deployed in that way.
    pub async fn deploy_with(&self, package: Package, options: &DeployOptions) -> Result<Deployment> {
        self.ready()?;
        let name = package.named();
        self.attempt("deploy", name.as_ref(), self.0.deploy.deploy(package, options))
            .await
    }

    /// What deploying a package would do and change; nothing is done.
    ///
    /// # Errors
    ///
    /// Those of [`deploy_with`](Self::deploy_with), but for breaking changes, which are told instead.
    pub async fn plan(&self, package: Package, options: &DeployOptions) -> Result<Preview> {
        self.open()?;
        self.0.deploy.preview(package, options).await
    }

    /// Brings a release that is in the store into service: one that served before, or shares the calls.
    ///
    /// # Errors
    ///
    /// Those of [`deploy_with`](Self::deploy_with), [`Error::UnknownRelease`], and [`Error::ReleaseCollected`] when its
    /// bytes are not kept any more.
    pub async fn update(&self, name: &ComponentName, version: &Version, options: &DeployOptions) -> Result<Deployment> {
        self.ready()?;
        self.attempt("update", Some(name), self.0.deploy.update(name, version, options))
            .await
    }

    /// What [`update`](Self::update) would do and change; nothing is done.
    ///
    /// # Errors
    ///
    /// Those of [`update`](Self::update), but for breaking changes, which are told instead.
    pub async fn plan_update(
        &self,
        name: &ComponentName,
        version: &Version,
        options: &DeployOptions,
    ) -> Result<Preview> {
        self.open()?;
        self.0.deploy.preview_update(name, version, options).await
    }

    /// Takes a component back to an earlier release: all calls, at once.
    ///
    /// A deployment of the component that is under way is given up first, and its caller gets [`Error::Deployment`] with
    /// [`Error::Aborted`] as reason; without a version that is all, and the component stays with what served before.
    ///
    /// # Errors
    ///
    /// [`Error::NothingEarlier`], [`Error::UnknownRelease`], [`Error::ReleaseCollected`], and [`Error::Deployment`] when the
    /// earlier release cannot be started or does not take the state, in which case what is deployed stays.
    pub async fn rollback(&self, name: &ComponentName, options: &RollbackOptions) -> Result<Deployment> {
        self.ready()?;
        self.attempt("rollback", Some(name), self.0.deploy.rollback(name, options))
            .await
    }

    /// Has several releases share the calls of a component, by weights and rules.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOptions`], [`Error::UnknownRelease`], [`Error::UnsuitableStrategy`] for actors, and
    /// [`Error::Deployment`] when one of the releases cannot be started.
    pub async fn split(&self, name: &ComponentName, options: &SplitOptions) -> Result<Deployment> {
        self.ready()?;
        self.attempt("split", Some(name), self.0.deploy.split(name, options))
            .await
    }

    /// Changes how many instances the pools of a component may have, while they take calls.
    /// It holds for later releases and after a restart as well.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOptions`] outside 1 to 1,000 and for components without a pool, [`Error::Conflict`].
    pub async fn scale(&self, name: &ComponentName, max: u32, origin: &Origin) -> Result<DeploymentRecord> {
        self.begin(|| Recorded::Scale {
            component: name.clone(),
            max,
            operator: origin.given(),
        })
        .await?;
        self.attempt("scale", Some(name), self.0.deploy.scale(name, max, origin))
            .await
    }

    /// Every deployment of a component, the oldest first; also of one that was removed.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] and [`Error::Damaged`].
    pub async fn history(&self, name: &ComponentName) -> Result<Vec<DeploymentRecord>> {
        self.open()?;
        self.0.deploy.history(name).await
    }

    /// The releases of a component that can be brought into service, the oldest version first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] and [`Error::Damaged`].
    pub async fn releases(&self, name: &ComponentName) -> Result<Vec<Release>> {
        self.open()?;
        self.0.deploy.releases(name).await
    }

    /// The directory in which it keeps components, routes and states: without symbolic links, and its own alone.
    pub fn state_dir(&self) -> &Path {
        self.0.deploy.starter.store.directory()
    }

    /// What happens in this host from now on.
    pub fn events(&self) -> Subscription {
        self.0.deploy.starter.events.subscribe()
    }

    /// The release that deploying a package would make; changes nothing.
    ///
    /// # Errors
    ///
    /// Whatever makes the package unusable.
    pub async fn package(&self, package: Package) -> Result<Release> {
        self.open()?;
        self.0.deploy.package(package).await
    }

    /// Calls a component.
    ///
    /// For a `wasi:cli` command the message's body is standard input, and the answer's body is standard output.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`], [`Error::Busy`], and whatever the guest does wrong: see
    /// [`Error::is_guest_fault`].
    pub async fn call(&self, name: &ComponentName, message: Message) -> Result<Message> {
        Ok(self.call_metered(name, message).await?.answer)
    }

    /// [`call`](Self::call), with the fuel that the guest used for it where the release has a limit of fuel.
    /// The same work takes the same fuel, to the unit.
    ///
    /// # Errors
    ///
    /// Those of [`call`](Self::call).
    pub async fn call_metered(&self, name: &ComponentName, message: Message) -> Result<Metered<Message>> {
        let mut answer = Answer::default();
        self.route(name, Call::Message(message), &mut answer).await?;
        answer.into_message()
    }

    /// Calls an export of a component by its own name and types.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownExport`], [`Error::UnsupportedType`] and [`Error::Arguments`] when the call does not fit the
    /// component, and all that [`Host::call`] returns; an error that is the export's own result is a [`Value`].
    pub async fn invoke(&self, name: &ComponentName, invocation: Invocation) -> Result<Value> {
        let mut results = self.invoke_all(name, vec![invocation]).await?;
        // One call was made, so there is one result.
        results.pop().unwrap_or(Err(Error::Closed))
    }

    /// Makes several typed calls on one instance, in order, up to the first that fails.
    ///
    /// # Errors
    ///
    /// As [`Host::invoke`]; what concerns one of the calls is the last of the results.
    pub async fn invoke_all(&self, name: &ComponentName, invocations: Vec<Invocation>) -> Result<Vec<Result<Value>>> {
        let results = self.invoke_all_metered(name, invocations).await?;
        Ok(results.into_iter().map(|result| result.answer).collect())
    }

    /// [`invoke_all`](Self::invoke_all), with the fuel of each call where the release has a limit of fuel.
    ///
    /// # Errors
    ///
    /// Those of [`invoke_all`](Self::invoke_all).
    pub async fn invoke_all_metered(
        &self,
        name: &ComponentName,
        invocations: Vec<Invocation>,
    ) -> Result<Vec<Metered<Result<Value>>>> {
        let mut answer = Answer::default();
        self.route(name, Call::Invocations(invocations), &mut answer).await?;
        answer.into_values()
    }

    pub(crate) async fn route(&self, name: &ComponentName, mut call: Call, answer: &mut Answer) -> Result<()> {
        self.ready()?;
        let Deploy { router, starter, .. } = &self.0.deploy;
        let handled = router.call(name, &mut call, answer, starter).await;
        handled.map_err(|error| *error)
    }

    /// Makes an instance of a component that gets a new one for each call, and drops it.
    /// Only the benchmark of this crate needs it.
    #[doc(hidden)]
    pub async fn instantiate(&self, name: &ComponentName) -> Result<()> {
        self.open()?;
        let route = self.0.deploy.router.find(name)?;
        match route.primary().started() {
            Some(serving) => serving.instantiate().await,
            None => Ok(()),
        }
    }

    /// Withdraws a component, and forgets the state it saved; calls in flight finish.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`], and [`Error::Conflict`] when a deployment is under way.
    pub async fn remove(&self, name: &ComponentName) -> Result<Release> {
        self.remove_for(name, &Origin::default()).await
    }

    /// [`remove`](Self::remove), with who asks for it.
    ///
    /// # Errors
    ///
    /// Those of [`remove`](Self::remove).
    pub async fn remove_for(&self, name: &ComponentName, origin: &Origin) -> Result<Release> {
        self.begin(|| Recorded::Remove {
            component: name.clone(),
            operator: origin.given(),
        })
        .await?;
        self.attempt("remove", Some(name), self.0.deploy.remove(name, origin))
            .await
    }

    /// Every deployed component, sorted by name.
    pub fn status(&self) -> Vec<ComponentStatus> {
        self.0.deploy.status()
    }

    /// Lets a component that was quarantined be started again at once; says whether it was.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`].
    pub async fn resume(&self, name: &ComponentName, origin: &Origin) -> Result<bool> {
        self.begin(|| Recorded::Resume {
            component: name.clone(),
            operator: origin.given(),
        })
        .await?;
        self.attempt("resume", Some(name), async { self.0.deploy.resume(name) })
            .await
    }

    /// What all components together use of what this host has for them.
    pub fn usage(&self) -> HostUsage {
        self.0.deploy.starter.budget.usage()
    }

    /// The release of a component that takes most of the calls.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`].
    pub fn release(&self, name: &ComponentName) -> Result<Release> {
        self.0
            .deploy
            .router
            .find(name)
            .map(|route| Release::clone(&route.primary().release))
    }

    /// The bytes of the release that takes most of the calls.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`], and [`Error::Damaged`] when the bytes have changed on disk.
    pub async fn bytes(&self, name: &ComponentName) -> Result<Vec<u8>> {
        let digest = self.0.deploy.router.find(name)?.primary().release.digest;
        let store = self.0.deploy.starter.store.clone();
        blocking(move || store.bytes(&digest)).await
    }

    /// The bytes of a release that is in the store.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRelease`], [`Error::ReleaseCollected`] when its bytes are not kept any more, and
    /// [`Error::Damaged`] when they have changed on disk.
    pub async fn release_bytes(&self, name: &ComponentName, version: &Version) -> Result<Vec<u8>> {
        self.open()?;
        self.0.deploy.release_bytes(name, version).await
    }

    /// The state of an actor as it was last saved; also after the shutdown.
    pub(crate) async fn saved(&self, name: &ComponentName) -> Result<Option<Saved>> {
        self.0.deploy.saved(name).await
    }

    /// Takes no more calls, lets those in flight finish, and saves the state of actors.
    /// The state directory is free for others when the last clone of the host is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when a state could not be written.
    /// A component that cannot save is reported as [`Event::StateNotSaved`](crate::Event::StateNotSaved).
    pub async fn shutdown(&self) -> Result<()> {
        self.0.closed.store(true, Ordering::Release);
        let mut ended = self.0.ended.lock().await;
        if !*ended {
            self.0.deploy.end().await?;
            if let Some(logs) = self.0.logs.clone() {
                blocking(move || {
                    logs.settle();
                    Ok(())
                })
                .await?;
            }
            let audit = self.0.audit.trail().clone();
            blocking(move || {
                audit.close();
                Ok(())
            })
            .await?;
            *ended = true;
        }
        Ok(())
    }

    fn open(&self) -> Result<()> {
        if self.0.closed.load(Ordering::Acquire) {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }
}
