//! What this crate's own layer costs: raw wasmtime and a host doing the same work, side by side.
//!
//! `cargo bench -p airssys-wasm` prints the table, `-- --write FILE` also writes it, below the workspace's root.
//! `cargo test` does everything once, so that it goes on working, and reports no figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement ends where something fails, and prints what it found"
)]

mod access;
mod allocations;
mod audit;
mod calls;
mod code;
mod decisions;
mod encode;
mod guest;
mod machine;
mod many;
mod memory;
mod ours;
mod pair;
mod raw;
mod sender;
mod swap;
mod table;

use std::path::Path;
use std::time::Duration;

use pair::Effort;

/// The parts that share a guest.
const CALLS: [&str; 5] = ["instantiate", "fresh", "warm", "actor", "dynamic"];

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    /// `cargo bench` says that it measures; `cargo test` says nothing.
    measure: bool,
    write: Option<String>,
    date: Option<String>,
    memory: Option<(String, usize)>,
    /// Only these parts; all when empty.
    parts: Vec<String>,
}

fn main() {
    let arguments = arguments(std::env::args().skip(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("this machine runs Tokio");
    match &arguments.memory {
        Some((kind, components)) => runtime.block_on(memory::run(kind, *components)),
        None => runtime.block_on(run(&arguments)),
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Arguments {
    let mut arguments = Arguments::default();
    while let Some(argument) = given.next() {
        let mut value = || given.next().expect("the argument has a value");
        match argument.as_str() {
            "--bench" => arguments.measure = true,
            "--write" => arguments.write = Some(value()),
            "--date" => arguments.date = Some(value()),
            memory::ARGUMENT => arguments.memory = Some((value(), value().parse().expect("a number"))),
            // What `cargo test` passes on to every test program is not for this one.
            other if other.starts_with('-') => {}
            part => arguments.parts.push(part.to_owned()),
        }
    }
    arguments
}

async fn run(arguments: &Arguments) {
    let (short, long) = efforts(arguments.measure);
    // The load is of before this began.
    let conditions = machine::conditions(arguments.date.clone());
    let wanted =
        |part: &str| !arguments.measure || arguments.parts.is_empty() || arguments.parts.iter().any(|p| p == part);
    let mut rows = Vec::new();
    if CALLS.into_iter().any(wanted) {
        calls::measure(short, wanted, &mut rows).await;
    }
    if wanted("code") {
        code::measure(long, &mut rows).await;
    }
    if wanted("memory") {
        memory::measure(long, &mut rows);
    }
    if wanted("many") {
        many::measure(short, &mut rows).await;
    }
    let mut swaps = Vec::new();
    if wanted("swap") {
        swap::measure(short, long, &mut swaps).await;
    }
    let mut accesses = Vec::new();
    if wanted("access") {
        access::measure(short, long, &mut accesses).await;
    }
    let mut table_of_decisions = String::new();
    if wanted("decisions") {
        table_of_decisions = decisions::measure(short, arguments.measure);
    }
    let mut audits = Vec::new();
    if wanted("audit") {
        audit::measure(short, long, &mut audits).await;
    }
    let table_of_audits = table::table("no log", &audits);
    let table_of_accesses = table::table("wasmtime-wasi", &accesses);
    let (table, table_of_swaps) = (table::table("raw wasmtime", &rows), table::table("beside it", &swaps));
    if !arguments.measure {
        // The line of a test program, which counts in the sum of all tests.
        println!(
            "test result: ok. {} passed; 0 failed; each row once, unmeasured",
            rows.len() + swaps.len() + accesses.len() + decisions::ROWS + audits.len()
        );
        return;
    }
    println!("{table}\n{table_of_swaps}\n{table_of_accesses}\n{table_of_decisions}\n{table_of_audits}");
    if let Some(file) = &arguments.write {
        let conditions: Vec<String> = conditions
            .iter()
            .map(|(name, value)| format!("| {name} | {value} |"))
            .collect();
        let page = include_str!("page.md")
            .replace("{table}", &table)
            .replace("{swaps}", &table_of_swaps)
            .replace("{accesses}", &table_of_accesses)
            .replace("{decisions}", &table_of_decisions)
            .replace("{audits}", &table_of_audits)
            .replace("{rounds}", &short.rounds.to_string())
            .replace("{long}", &long.rounds.to_string())
            .replace("{turn}", &short.turn.unwrap_or_default().as_millis().to_string())
            .replace("{file-rounds}", &access::FILE_ROUNDS.to_string())
            .replace("{file-turn}", &access::FILE_TURN.as_micros().to_string())
            .replace("{components}", &memory::COMPONENTS.to_string())
            .replace("{conditions}", &conditions.join("\n"));
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        std::fs::write(workspace.join(file), page).expect("the file can be written");
    }
}

/// How thoroughly what is short is measured, and what is long.
fn efforts(measure: bool) -> (Effort, Effort) {
    let turn = measure.then_some(Duration::from_millis(5));
    let effort = |rounds| Effort {
        rounds: if measure { rounds } else { 1 },
        turn,
    };
    (effort(201), effort(21))
}
