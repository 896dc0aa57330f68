//! What a component costs in each language: its size, its build, compiling, loading, starting, calling, and a swap.
//!
//! `cargo bench --workspace --bench languages` prints the table of the book.
//! The component is that of each language's template; a language whose tools cannot be had is left out, and told.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark ends at the first thing that goes wrong, and prints what it has measured"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use airssys_wasm::Host;
use airssys_wasm::component::{Message, Package};

/// Each language, a file of its projects, and what is changed there.
const LANGUAGES: &[(&str, &str, &str, &str)] = &[
    ("rust", "src/lib.rs", "{}, {name}", "{}: {name}"),
    ("c", "src/greeting.c", "\", \", 2", "\": \", 2"),
    ("cpp", "src/greeting.cpp", "+ \", \" +", "+ \": \" +"),
    ("go", "greeting/greeting.go", "+ \", \" +", "+ \": \" +"),
    ("javascript", "src/greeting.js", "}, $", "}: $"),
    ("typescript", "src/greeting.ts", "}, $", "}: $"),
    ("python", "src/greeting.py", "}, {", "}: {"),
];

/// How many calls are timed, each alone.
const CALLS: usize = 3_000;

fn main() {
    // Anything but `cargo bench` only sees that it compiles.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!("| language | size | memory | build | compile | load | instance | call p50 | call p99 | save to live |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (language, source, from, to) in LANGUAGES {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == language) {
            continue;
        }
        let root = tempfile::tempdir().expect("a temporary folder");
        let project = root.path().join("hello");
        match built(root.path(), &project, language) {
            Ok(built) => {
                let (live, of_build) = swapped(&project, &project.join(source), from, to);
                println!("{}, of which build {of_build:.2} s |", row(language, &built, live));
            }
            Err(said) => eprintln!("not run: {language}: {said}"),
        }
    }
}

/// A project that was built twice; the time is that of the second.
struct Built {
    bytes: Vec<u8>,
    memory: u64,
    took: Duration,
}

fn built(root: &Path, project: &Path, language: &str) -> Result<Built, String> {
    let init = ["init", "hello", "--lang", language, "--yes", "--quiet"];
    let made = program(root).args(init).stdout(Stdio::null()).status();
    assert!(made.expect("the program runs").success(), "the project is made");
    let mut took = Duration::ZERO;
    let mut described = Value::Null;
    for _ in 0..2 {
        let begin = Instant::now();
        let output = program(project)
            .args(["build", "--quiet", "-o", "json"])
            .output()
            .expect("the program runs");
        took = begin.elapsed();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr)
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned());
        }
        described = serde_json::from_slice(&output.stdout).expect("the build is described");
    }
    Ok(Built {
        bytes: fs::read(described["path"].as_str().expect("a path")).expect("the component is there"),
        memory: described["initial_memory"].as_u64().expect("a number"),
        took,
    })
}

/// The row of the table, up to how long a save takes.
fn row(language: &str, built: &Built, live: f64) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = "hello".parse().expect("a name");
        let key = folder.path().join("key");
        let open = async || {
            let builder = Host::builder()
                .state_dir(folder.path().join("state"))
                .cache_key_file(&key);
            builder.build().await.expect("a host")
        };
        let host = open().await;
        let deployed = host
            .deploy(Package::new(built.bytes.clone()))
            .await
            .expect("it deploys");
        let compile = deployed
            .steps
            .iter()
            .find(|step| step.step == "compile")
            .expect("it was compiled")
            .took;
        // The same bytes under another name are loaded from the cache.
        let again = Package::new(built.bytes.clone()).name("again".parse().expect("a name"));
        let again = host.deploy(again).await.expect("it deploys");
        let load = again
            .steps
            .iter()
            .find(|step| step.step == "compile")
            .expect("it was loaded")
            .took;
        let start = again
            .steps
            .iter()
            .find(|step| step.step == "start")
            .expect("it was started")
            .took;
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let begin = Instant::now();
            host.call(&name, Message::text("world")).await.expect("it answers");
            calls.push(begin.elapsed());
        }
        host.shutdown().await.expect("it ends");
        calls.sort_unstable();
        format!(
            "| {language} | {} | {} KiB | {:.2} s | {} | {} | {} | {} | {} | {live:.2} s",
            amount(built.bytes.len()),
            built.memory >> 10,
            built.took.as_secs_f64(),
            time(compile),
            time(load),
            time(start),
            time(calls[CALLS / 2]),
            time(calls[CALLS * 99 / 100]),
        )
    })
}

fn amount(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        0.0..1_000.0 => format!("{micros:.0} µs"),
        1_000.0..1_000_000.0 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

/// The median of three saves below a running `dev`: until the new component answers, and the build of it.
fn swapped(project: &Path, source: &Path, from: &str, to: &str) -> (f64, f64) {
    let mut command = program(project);
    let command = command.args(["dev", "-o", "json", "--quiet"]).stdout(Stdio::piped());
    let mut dev = command.spawn().expect("the program runs");
    let output = dev.stdout.take().expect("it is piped");
    let events = BufReader::new(output).lines().map_while(Result::ok);
    let mut swaps = events
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(|event| event["event"] == "swapped");
    swaps.next().expect("the first version is deployed");
    let mut measured = Vec::new();
    for edit in 0..3 {
        let text = fs::read_to_string(source).expect("the source is there");
        let (old, new) = if edit % 2 == 0 { (from, to) } else { (to, from) };
        assert!(text.contains(old), "{} has no `{old}`", source.display());
        fs::write(source, text.replacen(old, new, 1)).expect("the source can be saved");
        let swap = swaps.next().expect("the saved version is deployed");
        let seconds = |key: &str| swap[key].as_f64().expect("a time");
        measured.push((seconds("live_seconds"), seconds("build_seconds")));
    }
    kill_process(Pid::from_child(&dev), Signal::TERM).expect("it still runs");
    dev.wait().expect("it ends");
    measured.sort_by(|one, other| one.0.total_cmp(&other.0));
    measured[1]
}

/// The program in a folder, with a state directory in it.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::piped());
    command.env_remove("AIRSSYS_STATE_DIR");
    command
}
