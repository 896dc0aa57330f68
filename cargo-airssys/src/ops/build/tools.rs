//! The commands of a manifest, with the tools that it names on their path.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::ops::project::Project;
use crate::toolchain::{self, Progress};
use crate::tools::{self, Tool, ToolError};
use airssys_wasm::component::BuildSection;

/// The tools that a manifest names.
pub(crate) fn named(section: &BuildSection) -> Result<Vec<Tool>, ToolError> {
    section.tools.iter().map(|tool| tool.parse()).collect()
}

/// The folders of the programs that the commands need, found or installed.
pub(crate) fn provide(
    project: &Project,
    section: &BuildSection,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, ToolError> {
    let cache = toolchain::user_cache().unwrap_or_else(|| project.target.join("airssys"));
    tools::provide(&named(section)?, &project.folder, &cache, progress)
}

/// A command of the manifest, run by the system's shell in the project's folder.
///
/// Before all others it finds the programs of these folders, then what the project has in its own environment for
/// Python or Node.js, and then this program, in this version.
pub(crate) fn shell(project: &Project, line: &str, programs: &[PathBuf]) -> anyhow::Result<Command> {
    let own = [".venv/bin", "node_modules/.bin"].map(|folder| project.folder.join(folder));
    let this = env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.to_owned()));
    let before = env::var_os("PATH").unwrap_or_default();
    let path = programs
        .iter()
        .cloned()
        .chain(own)
        .chain(this)
        .chain(env::split_paths(&before));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(&project.folder).env(
        "PATH",
        env::join_paths(path).context("the path of the tools cannot be made")?,
    );
    Ok(command)
}
