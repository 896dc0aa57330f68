//! From bytes to compiled code, through the cache.

mod child;
mod compatibility;
mod confine;
mod failure;
mod process;
mod receive;
mod settings;
mod wire;

use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use self::child::translate;
pub use self::child::{COMPILE_ARGUMENT, compile_child};
use self::compatibility::compatibility;
pub use self::confine::withhold_descriptors;
use self::process::{Processes, Work};
pub(crate) use self::settings::CompileSettings;
pub use self::settings::Compiler;
use super::aot_cache::{AotCache, Artifact, deserialize};
use super::blocking;
use super::engines::{Engines, Profile, compiling_with};
use super::function_cache::{FunctionCache, Pack};
use super::in_flight::InFlight;
use super::lines::Lines;
use super::prepared::{Prepared, Surroundings};
use super::state::InstanceState;
use crate::component::{Digest, Release};
use crate::error::Error;
use crate::interface;

/// Where the compiled code of components comes from: the cache of one host, or its compiler.
#[derive(Clone)]
pub(crate) struct CodeSource {
    engines: Arc<Engines>,
    cache: Option<Arc<AotCache>>,
    /// None when components are compiled in this process.
    processes: Option<Arc<Processes>>,
    /// What of a component need not be compiled again; none when all of it is.
    functions: Option<FunctionCache>,
    /// Code on its way into the cache.
    keeping: InFlight,
}

/// Compiled code, and the engine it runs on.
#[derive(Clone)]
pub(crate) struct Compiled {
    component: Component,
    profile: Profile,
    lines: Option<Arc<Lines>>,
    /// Whether the code came from the cache.
    pub(crate) cached: bool,
}

impl CodeSource {
    /// A source with a cache, or without one.
    pub(crate) fn new(engines: Engines, cache: Option<AotCache>, settings: CompileSettings) -> Self {
        let is_incremental = settings.incremental;
        let processes = match settings.compiler.clone() {
            Compiler::InProcess => None,
            Compiler::Process(program) => Some(Arc::new(Processes::new(program, settings))),
        };
        // A process that a component has taken over could answer with functions that harm the component's next release.
        let functions = cache
            .as_ref()
            .filter(|_| is_incremental && processes.is_none())
            .map(FunctionCache::beside);
        Self {
            engines: Arc::new(engines),
            cache: cache.map(Arc::new),
            processes,
            functions,
            keeping: InFlight::new(u32::MAX),
        }
    }

    /// Compiles a component, or loads what an earlier compilation left.
    /// Takes minutes for the largest components, and none of the threads that run guests.
    pub(crate) async fn compile(&self, bytes: Arc<Vec<u8>>, release: &Release) -> Result<Compiled, Error> {
        let profile = profile(release);
        let (source, digest, read) = (self.clone(), release.digest, Arc::clone(&bytes));
        let (loaded, lines) = blocking(move || {
            // Looks at each section of the component, and copies those that say where its lines are.
            let lines = Lines::of(&read).map(Arc::new);
            Ok((source.load(profile, digest)?, lines))
        })
        .await?;
        let (engine, artifact, loaded) = loaded;
        let cached = loaded.is_some();
        let component = match loaded {
            Some(component) => component,
            None => self.compile_new(engine, bytes, release, artifact).await?,
        };
        Ok(Compiled {
            component,
            profile,
            lines,
            cached,
        })
    }

    /// Fills the cache; blocks for as long as compiling takes, in this process.
    pub(crate) fn fill(&self, bytes: &[u8], release: &Release) -> Result<(), Error> {
        let (engine, artifact, loaded) = self.load(profile(release), release.digest)?;
        if loaded.is_none() {
            let component = compile_here(&engine, bytes)?;
            if let Some(cache) = &self.cache {
                cache.store(&artifact, &component.serialize().map_err(refused)?);
            }
        }
        Ok(())
    }

    /// Removes what the cache has of a component; blocks on the disk.
    pub(crate) fn forget(&self, component: &Digest) {
        if let Some(cache) = &self.cache {
            cache.forget(component);
        }
    }

    /// The engine and what the cache has for it.
    fn load(&self, profile: Profile, component: Digest) -> Result<(Engine, Artifact, Option<Component>), Error> {
        let engine = self.engines.outfit(profile)?.engine.clone();
        let artifact = Artifact {
            component,
            engine: compatibility(&engine),
        };
        let loaded = self.cache.as_ref().and_then(|cache| cache.load(&engine, &artifact));
        Ok((engine, artifact, loaded))
    }

    async fn compile_new(
        &self,
        engine: Engine,
        bytes: Arc<Vec<u8>>,
        release: &Release,
        artifact: Artifact,
    ) -> Result<Component, Error> {
        let profile = profile(release);
        if let Some(functions) = self.functions.clone() {
            let name = release.name.clone();
            let compiling = blocking(move || {
                let pack = functions.open(&name, &artifact);
                let code = compile_changed(profile, &bytes, pack.clone())?;
                let component = deserialize(&engine, &code).map_err(refused)?;
                Ok((component, code, pack, functions, artifact))
            });
            let (component, code, pack, functions, artifact) = compiling.await?;
            self.keep_aside(artifact, move || {
                functions.keep(&pack);
                Some(code)
            });
            return Ok(component);
        }
        let Some(processes) = &self.processes else {
            let component = blocking(move || compile_here(&engine, &bytes)).await?;
            let compiled = component.clone();
            self.keep_aside(artifact, move || compiled.serialize().ok());
            return Ok(component);
        };
        let work = Work {
            bytes: &bytes,
            profile,
            engine: artifact.engine,
        };
        let code = processes.compile(work).await?;
        let loading = blocking(move || {
            // The process has said that it compiles for this engine, so what does not fit is the component: one with
            // more memories or tables than an instance can have.
            let component = deserialize(&engine, &code).map_err(refused)?;
            Ok((component, code))
        });
        let (component, code) = loading.await?;
        self.keep_aside(artifact, move || Some(code));
        Ok(component)
    }

    /// Keeps code in the cache, without having whoever needs the component wait for the disk.
    fn keep_aside(&self, artifact: Artifact, code: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) {
        let Some(cache) = self.cache.clone() else { return };
        let keeping = self.keeping.take();
        tokio::task::spawn_blocking(move || {
            // A full disk does not keep a component from running.
            if let Some(code) = code() {
                cache.store(&artifact, &code);
            }
            drop(cache);
            drop(keeping);
        });
    }

    /// Waits until what was compiled is in the cache.
    pub(crate) async fn settle(&self) {
        self.keeping.wait_for_none().await;
    }

    /// Links compiled code with what this host offers.
    pub(crate) fn prepare(
        &self,
        compiled: Compiled,
        release: Arc<Release>,
        events: crate::event::Events,
        around: Surroundings,
    ) -> Result<Prepared, Error> {
        let outfit = self.engines.outfit(compiled.profile)?;
        let pre = outfit.linker.instantiate_pre(&compiled.component);
        let pre = pre.map_err(|error| link_error(outfit, &compiled.component, &error))?;
        let engines = (self.engines.debugging().clone(), self.engines.turns().clone());
        Prepared::new(pre, release, events, around, engines, compiled.lines)
    }
}

/// Compiles what of a component is not in the pack.
pub(super) fn compile_changed(profile: Profile, bytes: &[u8], pack: Arc<Pack>) -> Result<Vec<u8>, Error> {
    let engine = compiling_with(profile, pack).map_err(refused)?;
    translate(&engine, bytes).map_err(refused)
}

fn compile_here(engine: &Engine, bytes: &[u8]) -> Result<Component, Error> {
    Component::from_binary(engine, bytes).map_err(refused)
}

fn refused(error: wasmtime::Error) -> Error {
    Error::Compile {
        reason: format!("{error:#}"),
    }
}

/// What a release needs of its engine.
fn profile(release: &Release) -> Profile {
    Profile {
        wide: release.needs_async,
        metered: release.limits.fuel > 0,
    }
}

/// Names the import that could not be linked.
fn link_error(outfit: &super::engines::Outfit, component: &Component, error: &wasmtime::Error) -> Error {
    let engine = &outfit.engine;
    let imports: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let text = format!("{error:#}");
    // An import outside the packages is the cause whenever there is one; otherwise wasmtime's message names it.
    let culprit = imports
        .iter()
        .find(|name| !is_offered(name) && text.contains(name.as_str()));
    let culprit = culprit.or_else(|| imports.iter().find(|name| text.contains(name.as_str())));
    let import = culprit.cloned().unwrap_or_else(|| "an interface".to_owned());
    let reason = if is_offered(&import) {
        error.root_cause().to_string()
    } else {
        String::new()
    };
    Error::UnknownImport { import, reason }
}

/// Whether this host offers some version of an interface.
pub(crate) fn is_offered(import: &str) -> bool {
    let interface = import.split('@').next().unwrap_or(import);
    let package = import.split('/').next().unwrap_or(import);
    // The contract's types are imported by every component that exports its interfaces, and need nothing from a host.
    package == "airssys:component"
        || interface::all::<InstanceState>()
            .iter()
            .any(|offered| offered.names.contains(&package) || offered.names.contains(&interface))
}

impl std::fmt::Debug for CodeSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSource")
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("profile", &self.profile)
            .field("cached", &self.cached)
            .finish()
    }
}

impl Artifact {
    /// The name of its file.
    pub(super) fn file_name(&self) -> String {
        let Self { component, engine } = self;
        format!("{component}-{engine:016x}.aot")
    }

    /// The digest of the component it was compiled from.
    pub(super) fn digest(&self) -> Digest {
        self.component
    }
}
