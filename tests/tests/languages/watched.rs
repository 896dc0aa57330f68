//! `dev -o json` in a project's folder, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::project::Project;
use airssys_wasm_tests::program;

/// A first build of Python on a machine that does much else takes a minute.
const LONGEST: Duration = Duration::from_secs(400);

pub(crate) struct Watched {
    child: Child,
    told: Receiver<Value>,
}

impl Watched {
    pub(crate) fn begin(project: &Project) -> Self {
        let mut child = Command::new(program("airssys-wasm"))
            .args(["dev", "-o", "json", "--debounce", "50ms"])
            .current_dir(project.shell.session.folder())
            .env_clear()
            .envs(project.shell.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (tell, told) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                // The test may have ended.
                let _ = tell.send(event);
            }
        });
        Self { child, told }
    }

    /// Waits until what is in the folder takes the calls, also when a deployment before has brought it there.
    pub(crate) fn serves(&self) {
        self.wait(&["swapped", "unchanged"]);
    }

    /// Waits for the next swap.
    pub(crate) fn swapped(&self) -> Value {
        self.wait(&["swapped"])
    }

    fn wait(&self, events: &[&str]) -> Value {
        let mut before = Vec::new();
        loop {
            let told = self.told.recv_timeout(LONGEST);
            let told = told.unwrap_or_else(|error| panic!("nothing was swapped: {error}: {before:#?}"));
            assert_ne!(told["event"], "not-swapped", "{told:#}");
            if events.iter().any(|event| told["event"] == *event) {
                return told;
            }
            before.push(told);
        }
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // After a failed assertion; otherwise it has ended already.
        let _ = self.child.kill();
    }
}
