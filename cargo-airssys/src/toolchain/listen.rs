//! Runs a program and hands on what it says, line by line, until it ends.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::stop::{self, Stop};

/// The most bytes of one line on standard error; the rest of it counts as the next line.
const LONGEST_LINE: u64 = 64 << 10;

/// The same on standard output, where cargo writes whole messages.
const LONGEST_MESSAGE: u64 = 64 << 20;

/// How many lines a program may be ahead of its listener.
const AHEAD: usize = 64;

/// How long what a program has left running may go on to speak in its name.
const GRACE: Duration = Duration::from_millis(500);

/// A line, without its end.
pub(crate) enum Line {
    /// Of standard output.
    Output(String),
    /// Of standard error.
    Error(String),
}

enum Told {
    Line(Line),
    Ended(io::Result<ExitStatus>),
}

/// Runs `command` without input to its end; `hear` gets its lines.
///
/// A program that it has left running with its outputs does not keep this from returning.
pub(crate) fn listen(command: &mut Command, stop: Option<&Stop>, mut hear: impl FnMut(Line)) -> io::Result<ExitStatus> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = stop::spawn(stop, command)?;
    let (tell, told) = mpsc::sync_channel(AHEAD);
    // Threads of their own, because nothing takes back a read from what somebody else has open.
    if let Some(output) = child.stdout.take() {
        let tell = tell.clone();
        thread::spawn(move || read(output, LONGEST_MESSAGE, Line::Output, &tell));
    }
    if let Some(error) = child.stderr.take() {
        let tell = tell.clone();
        thread::spawn(move || read(error, LONGEST_LINE, Line::Error, &tell));
    }
    let stop = stop.cloned();
    thread::spawn(move || {
        let ended = stop::wait(stop.as_ref(), &mut child);
        // The listener is there until it has heard this.
        let _ = tell.send(Told::Ended(ended));
    });
    let mut status = None;
    let mut latest: Option<Instant> = None;
    loop {
        let next = match latest {
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(latest) => told.recv_timeout(latest.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok(Told::Line(line)) => hear(line),
            Ok(Told::Ended(ended)) => {
                status = Some(ended?);
                latest = Some(Instant::now() + GRACE);
            }
            Err(_) => return status.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
        }
    }
}

fn read(output: impl Read, longest: u64, kind: fn(String) -> Line, tell: &SyncSender<Told>) {
    let mut output = BufReader::new(output);
    let mut said = Vec::new();
    loop {
        said.clear();
        match output.by_ref().take(longest).read_until(b'\n', &mut said) {
            // What cannot be read any more says nothing more.
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&said).trim_end().to_owned();
        if tell.send(Told::Line(kind(line))).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use super::*;

    fn heard(script: &str, stop: Option<&Stop>) -> (Vec<String>, ExitStatus) {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let status = listen(&mut command, stop, |line| match line {
            Line::Output(line) => lines.push(format!("out {line}")),
            Line::Error(line) => lines.push(format!("err {line}")),
        });
        (lines, status.unwrap())
    }

    #[test]
    fn both_outputs_are_heard_and_the_end() {
        let (lines, status) = heard("echo one; echo two >&2; printf three; exit 3", None);
        assert_eq!(status.code(), Some(3));
        let of = |kind: &str| {
            lines
                .iter()
                .filter(|line| line.starts_with(kind))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (of("out"), of("err")),
            (vec!["out one".into(), "out three".into()], vec!["err two".into()])
        );
    }

    #[test]
    fn what_a_program_leaves_running_does_not_hold_it_up() {
        let (lines, status) = heard("setsid sleep 5 & echo done", None);
        assert!(status.success());
        assert_eq!(lines, ["out done"]);
    }

    #[test]
    fn what_a_program_that_can_be_stopped_leaves_running_ends_with_it() {
        let (lines, _) = heard("sleep 600 & echo $!", Some(&Stop::default()));
        let left = lines[0].trim_start_matches("out ").parse().unwrap();
        // A killed program closes its outputs a moment before it is gone.
        let Ok(left) = pidfd_open(Pid::from_raw(left).unwrap(), PidfdFlags::empty()) else {
            return;
        };
        let mut end = [PollFd::new(&left, PollFlags::IN)];
        let limit = rustix::event::Timespec { tv_sec: 300, tv_nsec: 0 };
        assert_eq!(poll(&mut end, Some(&limit)), Ok(1), "it still runs");
    }
}
