//! Runs a program to its end or to its time limit, so that a machine without a route fails instead of hanging.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

/// Short questions to tools on this machine; generous because a first run may read a cold disk.
pub(super) const QUESTION: Duration = Duration::from_secs(60);

/// The end of what a failed program said is where its reason is.
const SAID_LINES: usize = 12;

/// Why a program gave no result; `name` is how a user would write the command.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// No such program on the path.
    #[error("`{program}` is not installed")]
    Missing { program: String },
    /// The program is there but could not be run or read.
    #[error("cannot run `{name}`")]
    Start {
        name: String,
        #[source]
        source: io::Error,
    },
    /// The program was stopped at its time limit.
    #[error("`{name}` did not finish within {} s{}", limit.as_secs(), on_new_lines(said))]
    TimedOut {
        name: String,
        limit: Duration,
        said: String,
    },
    /// The program ended with a failure.
    #[error("`{name}` failed ({status}){}", on_new_lines(said))]
    Failed {
        name: String,
        status: ExitStatus,
        said: String,
    },
}

/// Where a program runs that has nothing to do with a project.
///
/// Many programs take settings, or parts of themselves, from the folder that they are started in, and a project may have
/// come with such files. This one is nobody's but the system's.
pub(super) const APART: &str = "/";

/// Runs `command` without input and returns what it wrote to its standard output.
/// One that no folder was said for runs [`APART`] from the project.
pub(super) fn run(name: &str, command: &mut Command, limit: Duration) -> Result<String, RunError> {
    run_watched(name, command, limit, &mut || {})
}

/// [`run`], calling `tick` several times a second while the program runs.
pub(crate) fn run_watched(
    name: &str,
    command: &mut Command,
    limit: Duration,
    tick: &mut dyn FnMut(),
) -> Result<String, RunError> {
    let start = |source: io::Error| RunError::Start {
        name: name.into(),
        source,
    };
    let program = command.get_program().to_string_lossy().into_owned();
    if command.get_current_dir().is_none() {
        command.current_dir(APART);
    }
    // A folder that is not there gives the same error as a program that is not.
    let folder_exists = command.get_current_dir().is_none_or(Path::is_dir);
    // Files instead of pipes: a grandchild that outlives a killed child would keep a pipe open for ever.
    let mut stdout = tempfile::tempfile().map_err(start)?;
    let mut stderr = tempfile::tempfile().map_err(start)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().map_err(start)?)
        .stderr(stderr.try_clone().map_err(start)?)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if folder_exists => RunError::Missing { program },
            _ => start(error),
        })?;
    let status = wait(&mut child, limit, tick).map_err(start)?;
    let said = |stderr: &mut File| tail(&read(stderr).unwrap_or_default());
    match status {
        None => Err(RunError::TimedOut {
            name: name.into(),
            limit,
            said: said(&mut stderr),
        }),
        Some(status) if !status.success() => Err(RunError::Failed {
            name: name.into(),
            status,
            said: said(&mut stderr),
        }),
        Some(_) => read(&mut stdout).map_err(start),
    }
}

/// The last lines of `text`, enough to hold a program's reason for failing.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SAID_LINES)..].join("\n")
}

/// `None` when the limit was reached and the child was killed.
fn wait(child: &mut Child, limit: Duration, tick: &mut dyn FnMut()) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    // Most questions are answered in some tens of milliseconds; a download takes minutes.
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        tick();
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

fn read(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn on_new_lines(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(":\n{said}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_told_apart() {
        let error = run("x", &mut Command::new("no-such-program-here"), QUESTION);
        assert!(matches!(error, Err(RunError::Missing { .. })));
        let error = run("x", Command::new("cargo").current_dir("no/such/folder"), QUESTION);
        assert!(matches!(error, Err(RunError::Start { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_runs_apart_from_the_project() {
        let mut command = Command::new("pwd");
        assert_eq!(run("pwd", &mut command, QUESTION).unwrap(), "/\n");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("pwd");
        let said = run("pwd", command.current_dir(folder.path()), QUESTION).unwrap();
        assert_eq!(Path::new(said.trim_end()), folder.path().canonicalize().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_stopped_at_its_limit() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo still here >&2; exec sleep 60"]);
        let error = run("sleep", &mut command, Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.to_string(), "`sleep` did not finish within 0 s:\nstill here");
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_says_what_the_program_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no route >&2; exit 3"]);
        let error = run("fetch", &mut command, QUESTION).unwrap_err();
        assert_eq!(error.to_string(), "`fetch` failed (exit status: 3):\nno route");
    }

    #[test]
    fn the_tail_keeps_the_last_lines() {
        let text: Vec<String> = (0..40).map(|line| format!("line {line}\n\n")).collect();
        assert!(tail(&text.concat()).starts_with("line 28\n"));
        assert!(tail(&text.concat()).ends_with("line 39"));
    }
}
