//! A component that is started for a test, and how it is called.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::answer::Answer;
use super::component::Component;
use super::directory;
use super::error::Error;
use super::outcome::OutputLine;
use super::project_file::Place;
use super::request::Sent;
use super::schema::NEW_YEAR;
use crate::actor::Saved;
use crate::component::{ComponentName, Message, Package, Strategy};
use crate::deploy::{DeployOptions, Deployment, RollbackOptions};
use crate::event::Event;
use crate::host::Host;
use crate::interface::{Directory, Sandbox, Source};
use crate::typed::Invocation;

/// The surroundings in which a component is started: everything that could differ between two runs.
#[derive(Debug)]
#[must_use]
pub struct Start {
    component: Component,
    source: Source,
    config: Option<Map<String, Value>>,
    place: Place,
    directories: Vec<Directory>,
}

/// A component in a host of its own.
#[derive(Debug)]
pub struct Running {
    caller: Caller,
    told: Told,
    config: Option<Map<String, Value>>,
    /// Removed when the test ends.
    _directories: Vec<TempDir>,
}

/// Whoever calls the component; there may be several at the same time.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    host: Host,
    name: ComponentName,
}

/// What the guest has written since the last look.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<OutputLine>>>);

/// A component that did not start, and what it wrote.
pub(super) struct Refused {
    pub(super) error: crate::Error,
    pub(super) output: Vec<OutputLine>,
}

impl Start {
    pub(super) fn new(component: Component) -> Self {
        Self {
            component,
            source: Source {
                seed: 0,
                clock: NEW_YEAR,
            },
            config: None,
            place: Place {
                folder: PathBuf::from("."),
                project: None,
            },
            directories: Vec::new(),
        }
    }

    /// Begins randomness with this number; otherwise with 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.source.seed = seed;
        self
    }

    /// Has the wall clock show this time, from 1970 on; otherwise the begin of 2026.
    pub fn clock(mut self, time: DateTime<Utc>) -> Self {
        self.source.clock = time;
        self
    }

    /// Hands this to the component instead of the manifest's `[config]`.
    pub fn config(mut self, config: Map<String, Value>) -> Self {
        self.config = Some(config);
        self
    }

    /// Lets the component read a copy of a directory at `guest`, an absolute path in its sandbox.
    pub fn file_read(self, guest: impl Into<String>, directory: impl Into<PathBuf>) -> Self {
        self.directory(guest.into(), directory.into(), false)
    }

    /// Lets the component read and write a copy of a directory at `guest`, an absolute path in its sandbox.
    pub fn file_write(self, guest: impl Into<String>, directory: impl Into<PathBuf>) -> Self {
        self.directory(guest.into(), directory.into(), true)
    }

    fn directory(mut self, guest: String, host: PathBuf, writable: bool) -> Self {
        self.directories.push(Directory { guest, host, writable });
        self
    }

    /// Everything as a case says it.
    pub(super) fn surroundings(
        mut self,
        source: &Source,
        config: Option<&Map<String, Value>>,
        place: Place,
        directories: &[Directory],
    ) -> Self {
        self.source = source.clone();
        self.config = config.cloned();
        self.place = place;
        self.directories = directories.to_vec();
        self
    }

    /// Makes a host, and deploys the component in it.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when a directory cannot be copied, [`Error::Host`] when the component does not start.
    pub async fn build(self) -> Result<Running, Error> {
        self.attempt().await?.map_err(|refused| Error::Host(refused.error))
    }

    /// [`Start::build`] that tells a component that does not start from a test that cannot be run.
    pub(super) async fn attempt(self) -> Result<Result<Running, Refused>, Error> {
        let (directories, kept) = directory::copy(&self.directories, &self.place, self.source.clock.into())?;
        let told = Told::default();
        let (keep, events) = (told.clone(), self.component.events().cloned());
        let host = Host::builder()
            .for_test()
            .policy(self.component.policy().clone())
            .learn(self.component.events().is_some())
            .on_event(move |event| {
                if let Some(events) = &events {
                    events.emit(event.clone());
                }
                keep.event(event);
            })
            .share(self.component.code())
            .sandbox(Sandbox {
                source: Some(self.source),
                directories,
                ..Sandbox::default()
            })
            .build()
            .await?;
        let package = configured(self.component.package(), self.config.as_ref());
        if let Err(error) = host.deploy_with(package, &at_once()).await {
            let output = told.take();
            return Ok(Err(Refused { error, output }));
        }
        let name = self.component.name().clone();
        Ok(Ok(Running {
            caller: Caller { host, name },
            told,
            config: self.config,
            _directories: kept,
        }))
    }
}

impl Running {
    /// Calls the component with a message; an error is an answer too.
    pub async fn call(&mut self, message: impl Into<Message>) -> Answer {
        self.caller.call(message.into()).await
    }

    /// Calls a function of the component's own in WAVE: `add(1, 2)`.
    pub async fn invoke(&mut self, call: &str) -> Answer {
        self.caller.wave(call).await
    }

    /// Calls a function of the component's own.
    pub async fn invoke_with(&mut self, invocation: Invocation) -> Answer {
        self.caller.invoke(invocation).await
    }

    pub(super) async fn send(&mut self, sent: Sent) -> Answer {
        self.caller.send(sent).await
    }

    pub(super) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Brings another release of the component into service, whatever it breaks, as the one before is configured.
    pub(super) async fn replace(&self, package: Package) -> crate::Result<Deployment> {
        let mut options = at_once();
        options.allow_breaking = true;
        let package = configured(package, self.config.as_ref());
        self.caller.host.deploy_with(package, &options).await
    }

    /// Goes back to the release before.
    pub(super) async fn roll_back(&self) -> crate::Result<Deployment> {
        let options = RollbackOptions::default();
        self.caller.host.rollback(&self.caller.name, &options).await
    }

    /// The state that was saved last.
    pub(super) async fn saved(&self) -> crate::Result<Option<Saved>> {
        self.caller.host.saved(&self.caller.name).await
    }

    /// Ends the component as a host does; what it saved is there afterwards.
    pub(super) async fn end(&self) -> crate::Result<()> {
        self.caller.host.shutdown().await
    }

    /// What the component has written since this was asked last.
    pub fn output(&mut self) -> Vec<OutputLine> {
        self.told.take()
    }

    /// Ends the component as a host does, and returns what it wrote meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] when the host could not be shut down.
    pub async fn shutdown(self) -> Result<Vec<OutputLine>, Error> {
        self.end().await?;
        Ok(self.told.take())
    }
}

impl Caller {
    /// Makes a call; an error is an answer too.
    pub(super) async fn send(&self, sent: Sent) -> Answer {
        match sent {
            Sent::Message(message) => self.call(message).await,
            Sent::Wave(call) => self.wave(&call).await,
            Sent::Typed(invocation) => self.invoke(invocation).await,
        }
    }

    async fn call(&self, message: Message) -> Answer {
        Answer::of(self.host.call(&self.name, message).await, Answer::Message)
    }

    async fn wave(&self, call: &str) -> Answer {
        match Invocation::wave(call) {
            Ok(invocation) => self.invoke(invocation).await,
            Err(error) => Answer::Error(error),
        }
    }

    async fn invoke(&self, invocation: Invocation) -> Answer {
        Answer::of(self.host.invoke(&self.name, invocation).await, Answer::Value)
    }
}

/// A package with the configuration of a test, where that has one.
fn configured(package: Package, config: Option<&Map<String, Value>>) -> Package {
    match config {
        Some(config) => package.config(config.clone()),
        None => package,
    }
}

/// All calls at once, when it is healthy: nobody waits for the windows that a manifest asks for.
fn at_once() -> DeployOptions {
    DeployOptions {
        strategy: Some(Strategy::Immediate),
        window: Some(Duration::ZERO),
        ..DeployOptions::default()
    }
}

impl Told {
    fn event(&self, event: Event) {
        let line = match event {
            Event::Output { error, line, .. } => OutputLine { error, text: line },
            Event::OutputDropped { bytes, .. } => OutputLine {
                error: true,
                text: format!("(it wrote too much; {bytes} bytes were dropped)"),
            },
            _ => return,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn take(&self) -> Vec<OutputLine> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
