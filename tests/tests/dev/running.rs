//! `dev -o json` in a process of its own, and what it tells.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use airssys_wasm_tests::{homes, program, provide_home};

/// How long something is waited for that has to come; only a broken program takes so long.
const LONGEST: Duration = Duration::from_secs(120);

/// A loop that runs.
pub(crate) struct Running {
    child: Child,
    told: Arc<Told>,
    /// How many events were looked at.
    seen: usize,
    _home: tempfile::TempDir,
}

#[derive(Default)]
struct Told {
    state: Mutex<(Vec<Value>, bool)>,
    changed: Condvar,
}

impl Running {
    /// Begins in a project's folder.
    pub(crate) fn begin(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program("airssys-wasm"));
        command
            .args(["dev", "-o", "json", "--debounce", "50ms"])
            .args(arguments);
        Self::start(folder, command)
    }

    /// Begins with the command that a shell makes of `line`, in which `$DEV` is the program.
    pub(crate) fn shell(folder: &Path, line: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("DEV", program("airssys-wasm"));
        Self::start(folder, command)
    }

    /// Begins without a terminal and without `-o json`, does something with the address it listens at, and ends it: the
    /// exit code, and all that it said.
    pub(crate) async fn text(folder: &Path, arguments: &[&str], work: impl AsyncFnOnce(SocketAddr)) -> (i32, String) {
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec \"$DEV\" dev \"$@\" 2>&1", "sh"])
            .args(arguments)
            .env("DEV", program("airssys-wasm"));
        let running = Self::start(folder, command);
        let line = running.line(|line| line.trim_start().starts_with("Listening "));
        let address = line.rsplit('/').next().unwrap().parse().unwrap();
        running.line(|line| line.contains("echo: "));
        work(address).await;
        running.signal(Signal::TERM);
        let (exit, told) = running.wait();
        let lines: Vec<&str> = told.iter().filter_map(Value::as_str).collect();
        (exit, lines.join("\n"))
    }

    /// Waits for a line that is no event.
    fn line(&self, is_it: impl Fn(&str) -> bool) -> String {
        let state = self.told.state.lock().unwrap();
        let find = |events: &[Value]| {
            events
                .iter()
                .filter_map(Value::as_str)
                .find(|line| is_it(line))
                .map(str::to_owned)
        };
        let waits = |(events, is_over): &mut (Vec<Value>, bool)| find(events).is_none() && !*is_over;
        let (state, _) = self.told.changed.wait_timeout_while(state, LONGEST, waits).unwrap();
        let events = state.0.clone();
        drop(state);
        find(&events).unwrap_or_else(|| panic!("the line was not told: {events:?}"))
    }

    fn start(folder: &Path, mut command: Command) -> Self {
        let home = tempfile::tempdir().unwrap();
        provide_home(home.path());
        command
            .current_dir(folder)
            .envs(homes(home.path()))
            .env_remove("XDG_CACHE_HOME")
            .env_remove("XDG_DATA_HOME");
        command.env_remove("AIRSSYS_STATE_DIR").env_remove("CARGO_TARGET_DIR");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let told = Arc::<Told>::default();
        let (tell, output) = (told.clone(), child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                tell.state.lock().unwrap().0.push(event);
                tell.changed.notify_all();
            }
            tell.state.lock().unwrap().1 = true;
            tell.changed.notify_all();
        });
        Self {
            child,
            told,
            seen: 0,
            _home: home,
        }
    }

    /// Waits for the next event of this name; those before it are passed over.
    pub(crate) fn next(&mut self, event: &str) -> Value {
        let state = self.told.state.lock().unwrap();
        let seen = self.seen;
        let place = |events: &[Value]| events.iter().skip(seen).position(|told| told["event"] == event);
        let waited = self
            .told
            .changed
            .wait_timeout_while(state, LONGEST, |(events, is_over)| place(events).is_none() && !*is_over);
        let (state, _) = waited.unwrap();
        let found = place(&state.0);
        let events = state.0.clone();
        drop(state);
        let Some(found) = found else {
            let rest: Vec<String> = events[seen..].iter().map(Value::to_string).collect();
            panic!("no `{event}` was told:\n{}", rest.join("\n"));
        };
        self.seen = seen + found + 1;
        events[seen + found].clone()
    }

    /// Everything that was told under this name so far.
    pub(crate) fn all(&self, event: &str) -> Vec<Value> {
        let state = self.told.state.lock().unwrap();
        state.0.iter().filter(|told| told["event"] == event).cloned().collect()
    }

    /// Tells it to end, and waits until it has; its exit code.
    pub(crate) fn end(self) -> i32 {
        self.signal(Signal::TERM);
        self.wait().0
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; its exit code, and all that it told.
    pub(crate) fn wait(mut self) -> (i32, Vec<Value>) {
        let state = self.told.state.lock().unwrap();
        let waited = self
            .told
            .changed
            .wait_timeout_while(state, LONGEST, |(_, is_over)| !*is_over);
        let events = waited.unwrap().0.0.clone();
        (self.child.wait().unwrap().code().unwrap_or(-1), events)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a failed assertion; otherwise it has ended already.
        let _ = self.child.kill();
    }
}
