//! The SDK and the host library until they are published: embedded in this program, unpacked into the user's cache, and
//! named by each project's cargo configuration in place of the registry's copies.

mod embedded;
mod patch;
mod unpack;

pub(crate) use unpack::Unpacked;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use self::embedded::{RUNTIME, SDK, Sources};
use super::project::Project;
use crate::toolchain;

/// Where a project has tests of its built component that use the host library, in a package of their own.
const HOST_TESTS: &str = "tests/host";

/// Where the SDK is, or would be, unpacked below `cache`, and how it is there.
pub(crate) fn look(cache: &Path) -> anyhow::Result<(PathBuf, Unpacked)> {
    unpack::look(&SDK, &cache.join(SDK.folder))
}

/// Unpacks the SDK below `cache`, unless it is there already.
pub(crate) fn unpack_into(cache: &Path) -> anyhow::Result<()> {
    unpack::unpack(&SDK, &cache.join(SDK.folder)).map(drop)
}

/// Makes a project's `airssys-wasm-sdk` resolve, and the `airssys-wasm` of its tests in a host, where it uses them.
pub(crate) fn provide(root: &Path) -> anyhow::Result<()> {
    if patch::takes_from_registry(root, SDK.name) {
        provide_sources(&SDK, root)?;
    }
    provide_to_host_tests(root)
}

/// [`provide`], for a project that takes them from the registry.
pub(crate) fn provide_to(project: &Project) -> anyhow::Result<()> {
    if project.uses_registry_sdk {
        provide_sources(&SDK, &project.root)?;
    }
    provide_to_host_tests(&project.folder)
}

fn provide_to_host_tests(folder: &Path) -> anyhow::Result<()> {
    let tests = folder.join(HOST_TESTS);
    if !patch::takes_from_registry(&tests, RUNTIME.name) {
        return Ok(());
    }
    provide_sources(&RUNTIME, &tests)
}

/// Unpacks sources, and names them in the configuration at `root`.
fn provide_sources(sources: &Sources, root: &Path) -> anyhow::Result<()> {
    let cache = toolchain::user_cache().context("neither XDG_CACHE_HOME nor HOME names a folder for the SDK")?;
    let folder = cache.join(sources.folder);
    patch::apply(root, sources, &folder, &unpack::unpack(sources, &folder)?)
}
