//! A component that is started for a test, and how it is called.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::answer::Answer;
use super::component::Component;
use super::directory;
use super::error::Error;
use super::outcome::OutputLine;
use super::schema::NEW_YEAR;
use crate::component::{ComponentName, Message};
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
    folder: PathBuf,
    directories: Vec<Directory>,
}

/// A component in a host of its own.
#[derive(Debug)]
pub struct Running {
    host: Host,
    name: ComponentName,
    told: Told,
    /// Removed when the test ends.
    _directories: Vec<TempDir>,
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
            folder: PathBuf::from("."),
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
        folder: &Path,
        directories: &[Directory],
    ) -> Self {
        self.source = source.clone();
        self.config = config.cloned();
        self.folder = folder.to_owned();
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
        let (directories, kept) = directory::copy(&self.directories, &self.folder, self.source.clock.into())?;
        let told = Told::default();
        let keep = told.clone();
        let host = Host::builder()
            .on_event(move |event| keep.event(event))
            .share(self.component.code())
            .sandbox(Sandbox {
                source: Some(self.source),
                directories,
            })
            .build()
            .await?;
        let mut package = self.component.package();
        if let Some(config) = self.config {
            package = package.config(config);
        }
        if let Err(error) = host.deploy(package).await {
            let output = told.take();
            return Ok(Err(Refused { error, output }));
        }
        Ok(Ok(Running {
            host,
            name: self.component.name().clone(),
            told,
            _directories: kept,
        }))
    }
}

impl Running {
    /// Calls the component with a message; an error is an answer too.
    pub async fn call(&mut self, message: impl Into<Message>) -> Answer {
        Answer::of(self.host.call(&self.name, message.into()).await, Answer::Message)
    }

    /// Calls a function of the component's own in WAVE: `add(1, 2)`.
    pub async fn invoke(&mut self, call: &str) -> Answer {
        match Invocation::wave(call) {
            Ok(invocation) => self.invoke_with(invocation).await,
            Err(error) => Answer::Error(error),
        }
    }

    /// Calls a function of the component's own.
    pub async fn invoke_with(&mut self, invocation: Invocation) -> Answer {
        Answer::of(self.host.invoke(&self.name, invocation).await, Answer::Value)
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
        self.host.shutdown().await?;
        Ok(self.told.take())
    }
}

impl Told {
    fn event(&self, event: Event) {
        let line = match event {
            Event::Output { error, line, .. } => OutputLine { error, text: line },
            Event::OutputDropped { .. } => OutputLine {
                error: true,
                text: "(it wrote too much; the rest was dropped)".into(),
            },
            _ => return,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn take(&self) -> Vec<OutputLine> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
