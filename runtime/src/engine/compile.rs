//! From bytes to compiled code, through the cache.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::aot_cache::{AotCache, Artifact};
use super::engines::{Engines, Profile};
use super::prepared::Prepared;
use super::state::InstanceState;
use crate::component::{Digest, Release};
use crate::error::Error;
use crate::interface;

/// Compiles components for the engines of one host.
#[derive(Clone)]
pub(crate) struct Compiler {
    engines: Arc<Engines>,
    cache: Option<Arc<AotCache>>,
}

/// Compiled code, and the engine it runs on.
#[derive(Clone)]
pub(crate) struct Compiled {
    component: Component,
    profile: Profile,
    /// Whether the code came from the cache.
    pub(crate) cached: bool,
}

impl Compiler {
    /// A compiler with a cache, or without one.
    pub(crate) fn new(engines: Engines, cache: Option<AotCache>) -> Self {
        Self {
            engines: Arc::new(engines),
            cache: cache.map(Arc::new),
        }
    }

    /// Compiles a component, or loads what an earlier compilation left.
    /// Blocks for as long as that takes: minutes for the largest components.
    pub(crate) fn compile(&self, bytes: &[u8], release: &Release) -> Result<Compiled, Error> {
        let profile = Profile {
            wide: release.needs_async,
            metered: release.limits.fuel > 0,
        };
        let engine = &self.engines.outfit(profile)?.engine;
        let artifact = Artifact {
            component: release.digest,
            engine: compatibility(engine),
        };
        let loaded = self.cache.as_ref().and_then(|cache| cache.load(engine, &artifact));
        let cached = loaded.is_some();
        let component = match loaded {
            Some(component) => component,
            None => self.compile_new(engine, bytes, &artifact)?,
        };
        Ok(Compiled {
            component,
            profile,
            cached,
        })
    }

    fn compile_new(&self, engine: &Engine, bytes: &[u8], artifact: &Artifact) -> Result<Component, Error> {
        let refused = |error: wasmtime::Error| Error::Compile {
            reason: format!("{error:#}"),
        };
        let component = Component::from_binary(engine, bytes).map_err(refused)?;
        if let Some(cache) = &self.cache {
            // A full disk must not keep a component from running.
            let serialized = component.serialize().map_err(refused)?;
            cache.store(artifact, &serialized);
        }
        Ok(component)
    }

    /// Links compiled code with what this host offers.
    pub(crate) fn prepare(
        &self,
        compiled: Compiled,
        release: Arc<Release>,
        events: crate::event::Events,
    ) -> Result<Prepared, Error> {
        let outfit = self.engines.outfit(compiled.profile)?;
        let pre = outfit.linker.instantiate_pre(&compiled.component);
        let pre = pre.map_err(|error| link_error(outfit, &compiled.component, &error))?;
        Prepared::new(pre, release, events, self.engines.debugging().clone())
    }
}

/// Names the import that could not be linked.
fn link_error(outfit: &super::engines::Outfit, component: &Component, error: &wasmtime::Error) -> Error {
    let engine = &outfit.engine;
    let packages: Vec<&str> = interface::all::<InstanceState>()
        .iter()
        .flat_map(|interface| interface.packages)
        .copied()
        .collect();
    let imports: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let text = format!("{error:#}");
    let offered = |name: &str| packages.iter().any(|package| name.split('/').next() == Some(package));
    // An import outside the packages is the cause whenever there is one; otherwise wasmtime's message names it.
    let culprit = imports
        .iter()
        .find(|name| !offered(name) && text.contains(name.as_str()));
    let culprit = culprit.or_else(|| imports.iter().find(|name| text.contains(name.as_str())));
    let import = culprit.cloned().unwrap_or_else(|| "an interface".to_owned());
    let reason = if offered(&import) {
        error.root_cause().to_string()
    } else {
        String::new()
    };
    Error::UnknownImport { import, reason }
}

/// Which engines can load an artifact of this one.
fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// FNV-1a, whose result is the same in every process, as that of the standard hasher need not be.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Whether this host offers some version of an interface.
pub(crate) fn is_offered(import: &str) -> bool {
    let package = import.split('/').next().unwrap_or(import);
    // The contract's types are imported by every component that exports its interfaces, and need nothing from a host.
    package == "airssys:component"
        || interface::all::<InstanceState>()
            .iter()
            .any(|interface| interface.packages.contains(&package))
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
