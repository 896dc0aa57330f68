//! The component under test: its bytes, compiled once for all tests of it.

use std::path::Path;
use std::sync::Arc;

use semver::Version;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::case::Case;
use super::error::Error;
use super::outcome::Outcome;
use super::project_file::all_of;
use super::run::run;
use super::start::Start;
use crate::capability::Policy;
use crate::component::{ComponentName, Inspection, MAX_COMPONENT_BYTES, Package, inspect};
use crate::engine::{AotCache, CodeSource, CompileSettings, Compiler, Debugging, Engines};
use crate::event::{Event, Events};

/// The name of a component that has none.
const NAMELESS: &str = "component";

/// A component under test; clones share its compiled code.
#[derive(Clone, Debug)]
pub struct Component(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    bytes: Arc<Vec<u8>>,
    name: ComponentName,
    /// The version under which it is deployed; none when its bytes decide.
    version: Option<Version>,
    inspection: Inspection,
    code: CodeSource,
    /// What it is granted, beside the files and the addresses of this machine that a test may give it.
    policy: Policy,
    /// Where it is told what happens, when something is to be learnt from it.
    events: Option<Events>,
    /// Has the compiled code, from which each host loads it.
    cache: Arc<TempDir>,
}

impl Component {
    /// Checks a component, and compiles it in this process; blocks for as long as compiling takes.
    ///
    /// Nothing bounds the time and the memory that compiling takes, so this is for bytes that you trust.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] when the component cannot be used.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let component = Self::checked(bytes.into(), Compiler::InProcess)?;
        // Now, so that hosts that are made at the same time find the code instead of compiling it each.
        let validated = component.package().validate()?;
        component.0.code.fill(&validated.bytes, &validated.release)?;
        Ok(component)
    }

    /// Checks a component, and has it compiled by this compiler within the limits that a host has by default.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] when the component cannot be used, or the compiler cannot.
    pub async fn compiled_by(bytes: impl Into<Vec<u8>>, compiler: Compiler) -> Result<Self, Error> {
        let component = Self::checked(bytes.into(), compiler)?;
        component.compile().await?;
        Ok(component)
    }

    /// Another release of this component, of these bytes, compiled as this one was and kept with it.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] when the component cannot be used, or the compiler cannot.
    pub async fn successor(&self, bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let successor = Self(Arc::new(Inner {
            version: None,
            inspection: inspect(&bytes)?,
            bytes: Arc::new(bytes),
            ..Inner::clone(&self.0)
        }));
        successor.compile().await?;
        Ok(successor)
    }

    /// The same component as this version, whatever its bytes say.
    #[must_use]
    pub fn at(self, version: Version) -> Self {
        Self(Arc::new(Inner {
            version: Some(version),
            ..Inner::clone(&self.0)
        }))
    }

    /// The same component, granted what this policy says.
    #[must_use]
    pub fn under(self, policy: Policy) -> Self {
        Self(Arc::new(Inner {
            policy,
            ..Inner::clone(&self.0)
        }))
    }

    /// The same component, which is shown what it does not ask for as denied; what happens is told to `listener`.
    #[must_use]
    pub fn learning(self, listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            events: Some(Events::new(listener)),
            ..Inner::clone(&self.0)
        }))
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub(super) fn events(&self) -> Option<&Events> {
        self.0.events.as_ref()
    }

    /// A component whose code is not compiled yet.
    fn checked(bytes: Vec<u8>, compiler: Compiler) -> Result<Self, Error> {
        let inspection = inspect(&bytes)?;
        let said = inspection
            .manifest
            .as_ref()
            .and_then(|manifest| manifest.component.name.clone());
        let from_metadata = || inspection.name.as_deref().and_then(|name| name.parse().ok());
        let name = match said.or_else(from_metadata) {
            Some(name) => name,
            None => NAMELESS.parse().map_err(crate::Error::from)?,
        };
        let folder = tempfile::tempdir().map_err(|reason| Error::File {
            path: std::env::temp_dir(),
            reason,
        })?;
        let cache = AotCache::open(
            &folder.path().join("cache"),
            &folder.path().join("key"),
            Events::default(),
        );
        let engines = Engines::new(Debugging::default())?;
        let settings = CompileSettings {
            compiler,
            ..CompileSettings::default()
        };
        let code = CodeSource::new(engines, cache.ok(), settings);
        Ok(Self(Arc::new(Inner {
            policy: Policy::default(),
            events: None,
            bytes: Arc::new(bytes),
            name,
            version: None,
            inspection,
            code,
            cache: Arc::new(folder),
        })))
    }

    /// Reads, checks and compiles a component; blocks for as long as that takes.
    ///
    /// # Errors
    ///
    /// [`Error::File`], and those of [`Component::new`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = all_of(path, MAX_COMPONENT_BYTES as u64).map_err(|reason| Error::File {
            path: path.to_owned(),
            reason,
        })?;
        Self::new(bytes)
    }

    /// Its name.
    pub fn name(&self) -> &ComponentName {
        &self.0.name
    }

    /// What its bytes say of themselves.
    pub fn inspection(&self) -> &Inspection {
        &self.0.inspection
    }

    /// Reads a case file.
    ///
    /// # Errors
    ///
    /// Those of [`Case::read`].
    pub fn case(&self, path: impl AsRef<Path>) -> Result<Case, Error> {
        Case::read(path.as_ref())
    }

    /// Prepares an instance that a test calls by itself.
    pub fn start(&self) -> Start {
        Start::new(self.clone())
    }

    /// Runs a case in a host of its own.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when what the case names cannot be read, [`Error::Host`] when no host can be made.
    /// Whatever the component does is in the outcome.
    pub async fn run(&self, case: &Case) -> Result<Outcome, Error> {
        run(self, case).await
    }

    /// Runs cases at the same time, as many as this machine has cores; the outcomes are in the order of the cases.
    pub async fn run_all(&self, cases: Vec<Case>) -> Vec<Result<Outcome, Error>> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (slots, number) = (Arc::new(Semaphore::new(cores)), cases.len());
        let mut running = JoinSet::new();
        for (index, case) in cases.into_iter().enumerate() {
            let (component, slots) = (self.clone(), slots.clone());
            running.spawn(async move {
                // The semaphore is never closed.
                let _slot = slots.acquire().await;
                (index, component.run(&case).await)
            });
        }
        let mut outcomes: Vec<_> = (0..number).map(|_| None).collect();
        while let Some(ended) = running.join_next().await {
            if let Ok((index, outcome)) = ended {
                outcomes[index] = Some(outcome);
            }
        }
        let lost = || {
            let reason = "the task of the case has ended".into();
            Err(Error::Host(crate::Error::Engine { reason }))
        };
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(lost))
            .collect()
    }

    /// The same bytes with the name of `other`, with whose code its own is kept.
    pub(super) fn beside(&self, other: &Self) -> Self {
        Self(Arc::new(Inner {
            name: other.0.name.clone(),
            code: other.0.code.clone(),
            cache: other.0.cache.clone(),
            ..Inner::clone(&self.0)
        }))
    }

    /// Has it compiled, unless it is already.
    pub(super) async fn compile(&self) -> Result<(), Error> {
        let validated = self.package().validate()?;
        let bytes = Arc::new(validated.bytes);
        self.0.code.compile(bytes, &validated.release).await?;
        Ok(())
    }

    /// What is deployed into the host of a test.
    pub(super) fn package(&self) -> Package {
        let package = Package::new(self.0.bytes.as_slice()).name(self.0.name.clone());
        match &self.0.version {
            Some(version) => package.version(version.clone()),
            None => package,
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The compiled code that all hosts of the tests share.
    pub(super) fn code(&self) -> CodeSource {
        self.0.code.clone()
    }
}
