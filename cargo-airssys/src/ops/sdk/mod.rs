//! The SDK until it is published: embedded in this program, unpacked into the user's cache, and named by each project's
//! cargo configuration in place of the registry's copy.

mod embedded;
mod patch;
mod unpack;

pub(crate) use unpack::Unpacked;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::project::Project;
use crate::toolchain;

/// The subfolder of the cache.
const FOLDER: &str = "sdk";

/// Where the SDK is, or would be, unpacked below `cache`, and how it is there.
pub(crate) fn look(cache: &Path) -> anyhow::Result<(PathBuf, Unpacked)> {
    unpack::look(&cache.join(FOLDER))
}

/// Unpacks the SDK below `cache`, unless it is there already.
pub(crate) fn unpack_into(cache: &Path) -> anyhow::Result<()> {
    unpack::unpack(&cache.join(FOLDER)).map(drop)
}

/// Makes a project's `airssys-wasm-sdk` resolve: unpacks the SDK and names it in the configuration at `root`.
pub(crate) fn provide(root: &Path) -> anyhow::Result<()> {
    let cache = toolchain::user_cache().context("neither XDG_CACHE_HOME nor HOME names a folder for the SDK")?;
    let folder = cache.join(FOLDER);
    patch::apply(root, &folder, &unpack::unpack(&folder)?)
}

/// [`provide`], for a project that takes the SDK from the registry.
pub(crate) fn provide_to(project: &Project) -> anyhow::Result<()> {
    if project.uses_registry_sdk {
        provide(&project.root)
    } else {
        Ok(())
    }
}
