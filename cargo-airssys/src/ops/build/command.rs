//! Runs a manifest's own build command.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{Manner, tools};
use crate::exit::{Exit, Failure};
use crate::ops::project::Project;
use crate::ops::transcript::Transcript;
use crate::toolchain::{BuildError, Line, Progress, Stop, listen};
use airssys_wasm::component::BuildSection;

/// Tells a project's own build command what is wanted of it: `release` or `dev`.
const PROFILE: &str = "AIRSSYS_PROFILE";

/// Runs the command and returns the file it left.
pub(super) fn run(
    project: &Project,
    section: &BuildSection,
    programs: &[PathBuf],
    manner: &Manner,
    progress: &dyn Progress,
) -> anyhow::Result<PathBuf> {
    let line = section.command.split_whitespace().collect::<Vec<_>>().join(" ");
    progress.step(&line);
    let artifact = project.folder.join(&section.artifact);
    if let Some(folder) = artifact.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut command = tools::shell(project, &section.command, programs)?;
    command.env(PROFILE, manner.profile.as_str());
    let failed = |reason: String| {
        let message = format!("the build command `{line}` {reason}");
        Failure::new(
            Exit::BuildFailed,
            "build-failed",
            message,
            "correct what it says above, or `[build]` in Component.toml",
        )
    };
    let stop = manner.stop.as_ref();
    let mut said = Transcript::default();
    let ended = listen(&mut command, stop, |(Line::Output(line) | Line::Error(line))| {
        said.line(&line)
    });
    if stop.is_some_and(Stop::is_stopped) {
        let project = project.folder.clone();
        return Err(BuildError::Stopped { project }.into());
    }
    let status = ended.map_err(|error| failed(format!("could not be run: {error}")))?;
    let said = said.text();
    if !status.success() {
        return Err(failed(format!("failed ({status})")).with_transcript(said).into());
    }
    if !said.is_empty() {
        progress.output(said.trim_end());
    }
    if !artifact.is_file() {
        return Err(failed(format!("left no file {}", artifact.display())).into());
    }
    Ok(artifact)
}
