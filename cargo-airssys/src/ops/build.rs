//! Builds a project's component.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::artifact::{self, Artifact};
use super::project::{Builder, Project};
use super::sdk;
use crate::exit::{Exit, Failure};
use crate::toolchain::{self, BuildOptions, Profile, Progress};
use airssys_wasm::component::BuildSection;

/// Tells a project's own build command what is wanted of it: `release` or `dev`.
const PROFILE: &str = "AIRSSYS_PROFILE";

/// A component that was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// The component.
    pub(crate) artifact: Artifact,
    /// How it was compiled.
    pub(crate) profile: Profile,
    /// What built it, in a line.
    pub(crate) toolchain: String,
    /// How long finding or making the toolchain took.
    pub(crate) provided: Duration,
    /// How long the compiler took.
    pub(crate) compiled: Duration,
}

/// Builds the component of `project`.
pub(crate) fn build(
    project: &Project,
    profile: Profile,
    color: bool,
    progress: &dyn Progress,
) -> anyhow::Result<Built> {
    let begin = Instant::now();
    match &project.builder {
        Builder::Command(section) => {
            let built = run(project, section, profile, progress)?;
            Ok(Built {
                artifact: artifact::finish(project, profile, &built)?,
                profile,
                toolchain: section.command.clone(),
                provided: Duration::ZERO,
                compiled: begin.elapsed(),
            })
        }
        Builder::Cargo { package } => {
            sdk::provide_to(project)?;
            let cache = toolchain::user_cache().unwrap_or_else(|| project.target.join("airssys"));
            let toolchain = toolchain::provide(&project.folder, &cache, progress)?;
            let provided = begin.elapsed();
            let options = BuildOptions {
                package: Some(package.clone()),
                profile,
                color,
                target_dir: project.cargo_target.clone(),
                ..BuildOptions::default()
            };
            let built = toolchain::build(&project.folder, &toolchain, &options, progress)?;
            let compiled = begin.elapsed() - provided;
            // The library is the component; a package without one has a program that is.
            let library = package.replace('-', "_");
            let chosen = built
                .artifacts
                .iter()
                .find(|artifact| artifact.name == library)
                .or(built.artifacts.first());
            let chosen = chosen.ok_or_else(|| anyhow::anyhow!("cargo named no component"))?;
            Ok(Built {
                artifact: artifact::finish(project, profile, &chosen.path)?,
                profile,
                toolchain: toolchain.describe(),
                provided,
                compiled,
            })
        }
    }
}

/// Runs the manifest's own build command and returns the file it left.
fn run(
    project: &Project,
    section: &BuildSection,
    profile: Profile,
    progress: &dyn Progress,
) -> anyhow::Result<PathBuf> {
    progress.step(&section.command);
    let mut command = Command::new("sh");
    command
        .args(["-c", &section.command])
        .current_dir(&project.folder)
        .env(PROFILE, profile.as_str())
        .stdin(Stdio::null());
    let failed = |reason: String| {
        let message = format!("the build command `{}` {reason}", section.command);
        Failure::new(
            Exit::BuildFailed,
            "build-failed",
            message,
            "correct what it says above, or `[build]` in Component.toml",
        )
    };
    let output = command
        .output()
        .map_err(|error| failed(format!("could not be run: {error}")))?;
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status))
            .with_transcript(said)
            .into());
    }
    if !said.is_empty() {
        progress.output(said.trim_end());
    }
    let artifact = project.folder.join(&section.artifact);
    if !artifact.is_file() {
        return Err(failed(format!("left no file {}", artifact.display())).into());
    }
    Ok(artifact)
}
