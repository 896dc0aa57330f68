//! Runs a manifest's own build command.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

use super::Manner;
use crate::exit::{Exit, Failure};
use crate::ops::project::Project;
use crate::ops::transcript::Transcript;
use crate::toolchain::{BuildError, Progress, Stop, lines, spawn, wait};
use airssys_wasm::component::BuildSection;

/// Tells a project's own build command what is wanted of it: `release` or `dev`.
const PROFILE: &str = "AIRSSYS_PROFILE";

/// Runs the command and returns the file it left.
pub(super) fn run(
    project: &Project,
    section: &BuildSection,
    manner: &Manner,
    progress: &dyn Progress,
) -> anyhow::Result<PathBuf> {
    progress.step(&section.command);
    let mut command = Command::new("sh");
    command
        .args(["-c", &section.command])
        .current_dir(&project.folder)
        .env(PROFILE, manner.profile.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let failed = |reason: String| {
        let message = format!("the build command `{}` {reason}", section.command);
        Failure::new(
            Exit::BuildFailed,
            "build-failed",
            message,
            "correct what it says above, or `[build]` in Component.toml",
        )
    };
    let stop = manner.stop.as_ref();
    let ended = listen(&mut command, stop);
    if stop.is_some_and(Stop::is_stopped) {
        let project = project.folder.clone();
        return Err(BuildError::Stopped { project }.into());
    }
    let (status, said) = ended.map_err(|error| failed(format!("could not be run: {error}")))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")).with_transcript(said).into());
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

/// How it ended, and what it has said on both of its streams: the begin and the end, when it was much.
fn listen(command: &mut Command, stop: Option<&Stop>) -> io::Result<(ExitStatus, String)> {
    let mut child = spawn(stop, command)?;
    let said = Mutex::new(Transcript::default());
    let keep = |line: &str| said.lock().unwrap_or_else(PoisonError::into_inner).line(line);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| stderr.map(|stderr| lines(stderr, keep)));
        stdout.map(|stdout| lines(stdout, keep));
    });
    let status = wait(stop, &mut child)?;
    Ok((status, said.into_inner().unwrap_or_else(PoisonError::into_inner).text()))
}
