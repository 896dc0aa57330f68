//! What is there, found without changing anything.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::place::Set;
use super::{Registry, Tool, ToolError, npm, pip, provide};
use crate::toolchain::program_version;

/// How the tools of one registry are, or would be, provided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The project has them itself.
    Project(String, PathBuf),
    /// They were installed in the cache earlier.
    Cache(String, PathBuf),
    /// They would be installed; the text says what, how much and where.
    Absent(String),
}

/// Where each set of these tools is.
pub fn look(tools: &[Tool], project: &Path, cache: &Path) -> Vec<Found> {
    let look = |set: &Set| {
        if let Some(programs) = set.in_project(project) {
            return Found::Project(set.label(), programs);
        }
        let folder = set.folder(cache);
        if provide::is_whole(set, &folder) {
            return Found::Cache(set.label(), folder);
        }
        Found::Absent(provide::announcement(set, &folder))
    };
    Set::of(tools).iter().map(look).collect()
}

/// The version of the program that installs from a registry.
pub fn program(registry: Registry, wanted: &str) -> Result<String, ToolError> {
    match registry {
        Registry::Pip => pip::check(wanted),
        Registry::Npm => npm::check(wanted),
    }
}

/// The line with which a program says its version.
pub(super) fn version(program: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    program_version(program)
}
