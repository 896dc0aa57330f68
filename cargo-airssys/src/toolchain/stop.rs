//! Ends a build that is under way, with everything that it has started.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The groups of everything that runs now, for the end of this program.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_millis(500);

/// Ends the programs of a build, from any thread.
///
/// Each program is the head of a process group of its own, so that its children end with it: a compiler below cargo, or
/// whatever a build command starts, also what it leaves running.
/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    running: Option<Pid>,
}

impl Stop {
    /// Ends what runs, and lets nothing more begin.
    /// What does not end by itself when it is asked to is killed half a second later.
    pub fn stop(&self) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.is_stopped, true) {
            return;
        }
        let Some(group) = state.running else { return };
        // What has ended meanwhile needs no signal.
        let _ = kill_process_group(group, Signal::TERM);
        let inner = self.clone();
        thread::spawn(move || inner.insist());
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    fn insist(&self) {
        let is_running = |state: &mut State| state.running.is_some();
        let waited = self.0.ended.wait_timeout_while(self.lock(), GRACE, is_running);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = state.running {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Starts a program as the head of a group; an error of the kind `Interrupted` after a stop.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        // Held while it starts, so that a stop meanwhile waits for its number.
        let mut state = self.lock();
        if state.is_stopped {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let child = command.process_group(0).spawn()?;
        let group = Pid::from_child(&child);
        state.running = Some(group);
        running().push(group);
        Ok(child)
    }

    /// Waits for the end of the program that was started, and ends what it has left running.
    pub(crate) fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        // It is not reaped before its group is dealt with: until then nobody else gets its number.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(Pid::from_child(child)), options) {
            if error != rustix::io::Errno::INTR {
                break;
            }
        }
        let mut state = self.lock();
        if let Some(group) = state.running.take() {
            let _ = kill_process_group(group, Signal::KILL);
            running().retain(|other| *other != group);
        }
        self.0.ended.notify_all();
        drop(state);
        child.wait()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills everything that could be stopped, because this program is about to end.
pub(crate) fn kill_all() {
    for group in running().drain(..) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Starts a program: one that can be stopped, or one that ends with this program's own group.
pub(super) fn spawn(stop: Option<&Stop>, command: &mut Command) -> io::Result<Child> {
    match stop {
        Some(stop) => stop.spawn(command),
        None => command.spawn(),
    }
}

/// Waits for what [`spawn`] has started.
pub(super) fn wait(stop: Option<&Stop>, child: &mut Child) -> io::Result<ExitStatus> {
    match stop {
        Some(stop) => stop.wait(child),
        None => child.wait(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::Stdio;

    use super::*;

    /// Runs a script that says `ready`, stops it, and returns when nothing has its output open any more.
    fn stopped(script: &str) -> ExitStatus {
        let stop = Stop::default();
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        let mut child = stop.spawn(&mut command).unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut ready = [0; 6];
        output.read_exact(&mut ready).unwrap();
        stop.stop();
        let status = stop.wait(&mut child).unwrap();
        output.read_to_end(&mut Vec::new()).unwrap();
        status
    }

    #[test]
    fn children_end_with_the_program_that_started_them() {
        assert!(!stopped("sleep 600 & echo ready; wait").success());
    }

    #[test]
    fn what_does_not_listen_is_killed() {
        assert!(
            !stopped("trap '' TERM; (trap '' TERM; sleep 600; sleep 600) & echo ready; while :; do wait; done")
                .success()
        );
    }

    #[test]
    fn nothing_begins_after_a_stop() {
        let stop = Stop::default();
        stop.stop();
        let error = stop.spawn(&mut Command::new("true")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    }
}
