//! Finds a toolchain for the components' target, or makes one.

use std::env;
use std::path::{Path, PathBuf};

use super::error::{Attempt, ToolchainError};
use super::rust::Toolchain;
use super::{Progress, installed, private, rustup};

/// A toolchain that can build `project`, found or made.
///
/// `cache` is a folder of this program that outlives the project; toolchains made here go to its
/// subfolder `toolchain` and are found again without any network.
/// Making one downloads packages and takes minutes; `progress` is told how much before it starts.
pub fn provide(project: &Path, cache: &Path, progress: &dyn Progress) -> Result<Toolchain, ToolchainError> {
    let mut attempts = Vec::new();
    match installed::find(project) {
        Ok(toolchain) => return Ok(toolchain),
        Err(error) => attempts.push(Attempt::new("installed Rust", &error)),
    }
    // Before rustup: where its server cannot be reached, every build would wait for it again.
    if let Some(toolchain) = private::find(project, cache) {
        return Ok(toolchain);
    }
    match rustup::add_target(project, progress) {
        Ok(toolchain) => return Ok(toolchain),
        Err(error) => attempts.push(Attempt::new("rustup", &error)),
    }
    match private::make(project, cache, progress) {
        Ok(toolchain) => Ok(toolchain),
        Err(error) => {
            attempts.push(Attempt::new("distribution packages", &error));
            Err(ToolchainError { attempts })
        }
    }
}

/// [`provide`] for the working directory with the user's own cache, as tests need it.
pub fn provide_in_user_cache(progress: &dyn Progress) -> Result<Toolchain, ToolchainError> {
    let cache = user_cache().ok_or_else(|| ToolchainError {
        attempts: vec![Attempt {
            way: "cache folder",
            reason: "neither XDG_CACHE_HOME nor HOME names a folder".into(),
        }],
    })?;
    provide(Path::new("."), &cache, progress)
}

/// The folder for what this program can make again: `airssys-wasm` in the user's cache folder.
///
/// Never a shared folder such as the system's temporary one: programs from it are run.
pub fn user_cache() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env::home_dir().filter(|path| path.is_absolute());
    let base = named("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))?;
    Some(base.join("airssys-wasm"))
}
