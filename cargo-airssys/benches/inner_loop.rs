//! How long a save takes until the running component is the new one: a file is edited again and again below a running
//! `dev`.
//!
//! `cargo bench -p cargo-airssys` edits 40 times; `cargo test` edits twice, so that this goes on working.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark ends at the first thing that goes wrong, and prints what it has measured"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How often the file is edited when this measures.
const EDITS: usize = 40;

/// The parts of a swap: the key of the event, and what it is.
const PARTS: [(&str, &str); 4] = [
    ("build_seconds", "build: cargo and rustc"),
    ("compile_seconds", "compile: wasmtime"),
    ("pack_seconds", "pack: check and embed the manifest"),
    ("swap_seconds", "swap: start, check, route"),
];

/// What one edit took, in milliseconds: each of the parts, and all of it.
struct Measured {
    parts: [f64; PARTS.len()],
    live: f64,
}

impl Measured {
    /// What neither the language's compiler nor wasmtime's has taken.
    fn beyond(&self) -> f64 {
        self.live - self.parts[0] - self.parts[1]
    }

    /// What no part has taken: noticing the save, and telling of the swap.
    fn watch(&self) -> f64 {
        self.live - self.parts.iter().sum::<f64>()
    }
}

fn main() {
    let measures = std::env::args().any(|argument| argument == "--bench");
    let edits = if measures { EDITS } else { 2 };
    let root = tempfile::tempdir().expect("a temporary folder");
    let project = root.path().join("hello");
    let made = program(root.path())
        .args(["init", "hello", "--yes", "--quiet"])
        .status();
    assert!(made.expect("the program runs").success(), "the project is made");
    let measured = edited(&project, edits);
    if measures {
        print(&measured);
    }
}

/// Edits the project's source below a running `dev`.
fn edited(project: &Path, edits: usize) -> Vec<Measured> {
    let mut dev = program(project);
    let dev = dev.args(["dev", "-o", "json"]).stdout(Stdio::piped()).spawn();
    let mut dev = Ended(dev.expect("the program runs"));
    let output = dev.0.stdout.take().expect("it was asked for");
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    let mut events = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let mut swapped = || {
        let told = events.find(|told| told["event"] == "swapped" || told["event"] == "not-swapped");
        let told = told.expect("`dev` goes on");
        assert_eq!(told["event"], "swapped", "{told}");
        told
    };
    swapped();
    let source = project.join("src/lib.rs");
    let original = fs::read_to_string(&source).expect("the template has it");
    let edit = |number| {
        let text = original.replace("{}, {name}!", &format!("{{}}, {{name}} for the {number}th time!"));
        assert_ne!(text, original, "the template greets");
        let begin = Instant::now();
        fs::write(&source, text).expect("it can be written");
        let told = swapped();
        let live = begin.elapsed().as_secs_f64() * 1e3;
        let parts = PARTS.map(|(key, _)| told[key].as_f64().expect("a time") * 1e3);
        Measured { parts, live }
    };
    (0..edits).map(edit).collect()
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    // The outer cargo's settings are not the project's.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Ends in order, so that nothing is left.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

fn print(measured: &[Measured]) {
    println!("{} edits of a new project, debounce 100 ms\n", measured.len());
    println!("| from save to live | p50 | p95 |\n|---|--:|--:|");
    row("watch: notice, debounce, tell", measured.iter().map(Measured::watch));
    for (place, (_, name)) in PARTS.iter().enumerate() {
        row(name, measured.iter().map(|edit| edit.parts[place]));
    }
    row("**beyond both compilers**", measured.iter().map(Measured::beyond));
    row("**save to live**", measured.iter().map(|edit| edit.live));
}

fn row(name: &str, times: impl Iterator<Item = f64>) {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    println!("| {name} | {:.1} ms | {:.1} ms |", at(50), at(95));
}
