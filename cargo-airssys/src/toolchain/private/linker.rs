//! The linker for components, which the distribution's compiler lacks: taken from the Rust that is installed.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::compiler;
use crate::toolchain::error::StepError;
use crate::toolchain::installed;

/// What the compiler starts to link a component.
const LINKER: &str = "wasm-component-ld";

/// What that one starts in turn.
const INNER_LINKER: &str = "wasm-ld";

/// Fails when no linker can be had, before anything is downloaded.
pub(super) fn check(project: &Path) -> Result<(), StepError> {
    tools_of_installed_rust(project).map(drop)
}

/// Makes the linker reachable for the compiler in `root`, also again after the installed Rust has moved.
pub(super) fn connect(project: &Path, root: &Path) -> Result<(), StepError> {
    let link = compiler::tools(root);
    if link.join(LINKER).is_file() {
        return Ok(());
    }
    let Some(tools) = tools_of_installed_rust(project)? else {
        return Ok(());
    };
    let folder = link.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(StepError::file("create", folder))?;
    // Renamed into place, since another process may be linking at this moment.
    let fresh = tempfile::tempdir_in(folder).map_err(StepError::file("create a folder in", folder))?;
    let fresh_link = fresh.path().join("bin");
    symlink(&tools, &fresh_link).map_err(StepError::file("link to", &tools))?;
    fs::rename(&fresh_link, &link).map_err(StepError::file("rename", &link))
}

/// The folder with the linker, or `None` when both linkers are on the path, where the compiler finds them itself.
fn tools_of_installed_rust(project: &Path) -> Result<Option<PathBuf>, StepError> {
    let tools = installed::sysroot(project)?
        .join("lib/rustlib")
        .join(compiler::host())
        .join("bin");
    if tools.join(LINKER).is_file() {
        return Ok(Some(tools));
    }
    if is_on_path(LINKER) && is_on_path(INNER_LINKER) {
        return Ok(None);
    }
    Err(StepError::Unfit(format!(
        "no linker for components: neither {} nor the path has `{LINKER}`",
        tools.display()
    )))
}

fn is_on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
