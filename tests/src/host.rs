//! A host for one test: its state in a temporary directory, its events kept.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::guest;
use airssys_wasm::component::{ComponentName, Message, Package};
use airssys_wasm::{ComponentStatus, DeployOptions, Deployment, Error, Event, Host, HostBuilder};

/// A host, the directory that it owns, and what it told.
pub struct TestHost {
    /// The host.
    pub host: Host,
    /// Its state directory, which outlives it.
    pub folder: Arc<tempfile::TempDir>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl TestHost {
    /// A host with nothing deployed.
    pub async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A host that is set up in a special way.
    pub async fn with(adapt: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        Self::open(folder, adapt).await
    }

    /// A host on a directory that has been used before.
    pub async fn open(folder: Arc<tempfile::TempDir>, adapt: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let keep = events.clone();
        let builder = Host::builder()
            .state_dir(folder.path())
            .on_event(move |event| keep.lock().expect("no test panics here").push(event));
        let host = adapt(builder).build().await.expect("the host opens");
        Self { host, folder, events }
    }

    /// Shuts the host down, and opens another on the same directory.
    pub async fn reopen(self) -> Self {
        self.host.shutdown().await.expect("the host shuts down");
        let folder = self.folder.clone();
        drop(self);
        Self::open(folder, |builder| builder).await
    }

    /// Deploys a guest under its own name.
    pub async fn deploy(&self, guest_name: &str) -> Result<Deployment, Error> {
        self.deploy_as(guest_name, "1.0.0", |package| package).await
    }

    /// Deploys a guest under its own name and this version.
    pub async fn deploy_as(
        &self,
        guest_name: &str,
        version: &str,
        adapt: impl FnOnce(Package) -> Package,
    ) -> Result<Deployment, Error> {
        let package = Package::new(guest(guest_name)).name(name(guest_name));
        let package = package.version(version.parse().expect("a version"));
        self.host.deploy(adapt(package)).await
    }

    /// Calls with text, and answers with text.
    pub async fn call(&self, component: &str, input: &str) -> Result<String, Error> {
        let answer = self.host.call(&name(component), Message::text(input)).await?;
        Ok(answer.to_text().into_owned())
    }

    /// Deploys the guest that goes wrong as `component`: with this answer, this fault, and these options.
    pub async fn release(
        &self,
        component: &str,
        version: &str,
        fault: &str,
        options: &DeployOptions,
    ) -> Result<Deployment, Error> {
        let config = serde_json::json!({ "answer": version, "fault": fault });
        let config = config.as_object().expect("it is one").clone();
        let package = Package::new(guest("goes-wrong")).name(name(component)).config(config);
        let package = package.version(version.parse().expect("a version"));
        self.host.deploy_with(package, options).await
    }

    /// The status of a component.
    pub fn status(&self, component: &str) -> ComponentStatus {
        let status = self.host.status();
        let found = status.into_iter().find(|status| status.release.name == name(component));
        found.expect("the component is deployed")
    }

    /// The versions that take calls, with their weights.
    pub fn weights(&self, component: &str) -> Vec<(String, u32)> {
        let releases = self.status(component).releases;
        let routed = releases
            .into_iter()
            .filter_map(|release| Some((release.version.to_string(), release.weight?)));
        routed.collect()
    }

    /// What the host told so far.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().expect("no test panics here").clone()
    }
}

/// A component's name.
pub fn name(text: &str) -> ComponentName {
    text.parse().expect("a name")
}

/// The code of the error, or of the reason when it is a failed deployment.
pub fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.expect_err("an error") {
        Error::Deployment { reason, .. } => reason.code().as_str(),
        error => error.code().as_str(),
    }
}

/// Waits until something is so, which it is soon if all is well.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::task::yield_now().await;
    }
}
