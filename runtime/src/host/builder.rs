//! How a host is set up.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::audit::Recording;
use super::code::own_code;
use super::permission::GrantSources;
use super::{Host, Inner};
use crate::audit::Tuning;
use crate::component::ByteCount;
use crate::deploy::{
    DRAIN, Deploy, Drains, Ledgers, Permissions, RetentionPolicy, Starter, Versioning, blocking, recover,
};
use crate::engine::{CodeSource, CompileSettings, Compiler, Debugging, Engines, POOL_INSTANCES, Seal};
use crate::error::Result;
use crate::event::{Event, Events};
use crate::interface::{Outside, Resolver, Sandbox};
use crate::observe::LogWriter;
use crate::store::Store;
use crate::usage::Budget;

/// Sets up a [`Host`].
#[derive(Debug, Default)]
#[must_use]
pub struct HostBuilder {
    pub(super) state_dir: Option<PathBuf>,
    pub(super) cache_key_file: Option<PathBuf>,
    pub(super) versioning: Versioning,
    pub(super) compile: CompileSettings,
    pub(super) events: Events,
    pub(super) core_dumps: Option<PathBuf>,
    pub(super) profiles: bool,
    pub(super) shared: Option<CodeSource>,
    pub(super) sandbox: Sandbox,
    pub(super) retention: RetentionPolicy,
    pub(super) drain_deadline: Option<Duration>,
    pub(super) grants: GrantSources,
    pub(super) resolver: Option<Resolver>,
    pub(super) memory_budget: Option<ByteCount>,
    pub(super) call_budget: Option<u32>,
    pub(super) audit: Tuning,
}

impl HostBuilder {
    /// Keeps components, routes and states in this directory.
    /// Without it they are kept in a temporary directory that goes away with the host.
    pub fn state_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(directory.into());
        self
    }

    /// Keeps the key of the cache of compiled code in this file, instead of in the state directory.
    /// The key is what makes compiled code trusted, so it belongs where only this user can read and write.
    pub fn cache_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.cache_key_file = Some(file.into());
        self
    }

    /// Says what happens when bytes change and the version does not.
    pub fn versioning(mut self, versioning: Versioning) -> Self {
        self.versioning = versioning;
        self
    }

    /// Says where components are compiled; in this process when nothing is said.
    ///
    /// Compiling is not sandboxed, so bytes that you do not trust belong into a [`Compiler::Process`].
    /// It needs a runtime with I/O and time enabled.
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compile.compiler = compiler;
        self
    }

    /// Bounds the time that a [`Compiler::Process`] takes for one component; 120 seconds when nothing is said.
    pub fn compile_deadline(mut self, deadline: Duration) -> Self {
        self.compile.deadline = deadline;
        self
    }

    /// Bounds the memory that a [`Compiler::Process`] uses; 2 GiB when nothing is said.
    pub fn compile_memory(mut self, memory: ByteCount) -> Self {
        self.compile.memory = memory;
        self
    }

    /// Keeps the machine code of functions from one compilation of a component to the next, and compiles those that have
    /// changed; otherwise all of a changed component is compiled.
    ///
    /// It holds for a [`Compiler::InProcess`] only, because what one compilation leaves, the next one trusts.
    pub fn incremental(mut self, is_incremental: bool) -> Self {
        self.compile.incremental = is_incremental;
        self
    }

    /// Has every event told to `listener`, which must not block.
    pub fn on_event(mut self, listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.events = Events::new(listener);
        self
    }

    /// Writes a core dump into this directory for each guest that traps, up to 16; see [`Event::CoreDumped`].
    /// A dump holds all that the guest had in memory.
    pub fn core_dumps(mut self, directory: impl Into<PathBuf>) -> Self {
        self.core_dumps = Some(directory.into());
        self
    }

    /// Profiles every call, at 1,000 samples for each second that the guest runs; see [`Event::CallProfiled`].
    pub fn profile_calls(mut self) -> Self {
        self.profiles = true;
        self
    }

    /// Says how many replaced releases are kept.
    pub fn retention(mut self, policy: RetentionPolicy) -> Self {
        self.retention = policy;
        self
    }

    /// Bounds the time that calls may go on after their release was replaced or the host is shut down; 30 seconds when
    /// nothing is said.
    /// Those that are left are cancelled, counted in the history, and told as [`Event::Drained`].
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.drain_deadline = Some(deadline);
        self
    }

    /// Bounds the linear memory of all instances of all components together; when nothing is said, it is three quarters of
    /// the memory that this machine, or the control group of this process, has.
    ///
    /// When less than an eighth of it is left, only components with less than their share get more, and the last sixteenth is
    /// for those with next to nothing.
    pub fn memory_budget(mut self, memory: ByteCount) -> Self {
        self.memory_budget = Some(memory);
        self
    }

    /// Bounds the calls of all components together that run or wait; 8,192 when nothing is said.
    ///
    /// They are shared like memory: the last eighth is for components with less than their share, and the last sixteenth for
    /// those with next to none.
    pub fn call_budget(mut self, calls: u32) -> Self {
        self.call_budget = Some(calls);
        self
    }

    /// Starts instances in this sandbox instead of in an empty one.
    pub(crate) fn sandbox(mut self, sandbox: Sandbox) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// Opens the state directory and makes the host.
    ///
    /// # Errors
    ///
    /// [`Error::StateInUse`](crate::Error::StateInUse) when another process owns the directory, [`Error::Store`](crate::Error::Store) and [`Error::Damaged`](crate::Error::Damaged) when
    /// it cannot be read, [`Error::Engine`](crate::Error::Engine) when this machine cannot run WebAssembly or the authorities of the policy
    /// cannot be read.
    pub async fn build(self) -> Result<Host> {
        let Self {
            state_dir,
            cache_key_file,
            versioning,
            compile,
            events,
            core_dumps,
            profiles,
            shared,
            sandbox,
            retention,
            drain_deadline,
            grants,
            resolver,
            memory_budget,
            call_budget,
            audit,
        } = self;
        blocking(move || {
            let (store, logs, events) = match state_dir {
                Some(directory) => {
                    let store = Store::open(&directory)?;
                    let logs = LogWriter::new(store.directory());
                    let events = events.also({
                        let logs = logs.clone();
                        move |event| logs.event(event)
                    });
                    (store, Some(logs), events)
                }
                // What nobody can find again is not kept.
                None => (Store::temporary()?, None, events),
            };
            let mut sources = grants.open(store.directory())?;
            let key_file = cache_key_file.unwrap_or_else(|| store.directory().join("cache.key"));
            let sandbox = Sandbox {
                outside: Outside::new(resolver, sources.policy.policy())?,
                ..sandbox.beside(store.directory(), &key_file, sources.policy.file())
            };
            let store = Arc::new(store);
            let audit = match logs {
                Some(_) => Recording::open(&store, &key_file, &sources.policy, audit, &events)?,
                None => Recording::default(),
            };
            sources.audit = audit.trail().clone();
            let events = events.also({
                let trail = audit.trail().clone();
                move |event| trail.event(event)
            });
            let router = recover(&store, &events)?;
            let seal = Seal::open(&key_file).map(|seal| seal.within(store.directory()));
            let code = match shared {
                Some(code) => code,
                None => {
                    let engines = Engines::new(Debugging::new(core_dumps, profiles))?;
                    own_code(&store, &key_file, engines, compile, &events)
                }
            };
            let drains = Drains::new(drain_deadline.unwrap_or(DRAIN), events.clone());
            let starter = Starter {
                permissions: Permissions::new(sources, store.clone(), seal.ok(), events.clone()),
                sandbox,
                store,
                code,
                budget: Budget::new(memory_budget, POOL_INSTANCES.into(), call_budget, events.clone()),
                events,
                ledgers: Ledgers::default(),
            };
            let mut deploy = Deploy::new(starter, Arc::new(router), versioning, drains);
            deploy.retention = retention;
            Ok(Host(Arc::new(Inner {
                deploy,
                logs,
                audit,
                closed: AtomicBool::new(false),
                ended: tokio::sync::Mutex::default(),
            })))
        })
        .await
    }
}
