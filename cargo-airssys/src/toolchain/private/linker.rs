//! The linker for components, which the distribution's compiler lacks: taken from the Rust that is installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::compiler;
use crate::toolchain::error::StepError;
use crate::toolchain::installed::{self, LINKER};

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

/// Whether [`connect`] has made the linker reachable, or would.
pub(super) fn can_connect(project: &Path, root: &Path) -> bool {
    compiler::tools(root).join(LINKER).is_file() || installed::linker(project).is_ok()
}

/// The folder with the linker, or `None` when both linkers are on the path, where the compiler finds them itself.
fn tools_of_installed_rust(project: &Path) -> Result<Option<PathBuf>, StepError> {
    let linker = installed::linker(project)?;
    let sysroot = installed::sysroot(project)?;
    let beside = linker.parent().filter(|tools| tools.starts_with(sysroot));
    Ok(beside.map(Path::to_owned))
}
