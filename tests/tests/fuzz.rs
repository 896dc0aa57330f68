//! Every parser that takes what others wrote, on seeds and on what chance makes of them: none panics, none hangs, and
//! what each promises holds.
//!
//! `AIRSSYS_FUZZ_ROUNDS` says how many inputs each target gets beside its seeds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use airssys_wasm::fuzzing::TARGETS;
use airssys_wasm_tests::{Random, workspace};

/// How many inputs are made of a target's seeds.
const ROUNDS: u64 = 2_000;
/// The longest input that is made.
const MAX_INPUT: usize = 16 << 10;
/// How long one input may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn corpus() -> PathBuf {
    workspace().join("tests/fuzz/corpus")
}

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = corpus().join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn rounds() -> u64 {
    let asked = std::env::var("AIRSSYS_FUZZ_ROUNDS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// Runs a target on its seeds and on what is made of them.
fn check(target: &str) {
    let (_, run) = *TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    let seeds = seeds(target);
    let (sender, given) = mpsc::channel::<Vec<u8>>();
    let (done, outcomes) = mpsc::channel();
    // In a thread of its own, so that one that hangs is seen.
    let running = std::thread::spawn(move || {
        for input in given {
            let _ = done.send(catch_unwind(|| run(&input)).is_ok());
        }
    });
    let give = |input: Vec<u8>| {
        sender.send(input.clone()).unwrap();
        match outcomes.recv_timeout(PATIENCE) {
            Ok(true) => {}
            Ok(false) => panic!("{target} fails on this input: \"{}\"", input.escape_ascii()),
            Err(_) => panic!("{target} does not end on this input: \"{}\"", input.escape_ascii()),
        }
    };
    seeds.iter().cloned().for_each(&give);
    // One for each target, so that they are not all changed in the same places.
    let mut random = Random(target.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte)));
    for _ in 0..rounds() {
        give(changed(&seeds, &mut random));
    }
    drop(sender);
    running.join().unwrap();
}

/// A seed with some changes.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(seeds).clone();
    for _ in 0..=random.below(6) {
        let place = |random: &mut Random, length: usize| random.below(length as u64 + 1) as usize;
        let at = place(random, input.len());
        let to = at + place(random, (input.len() - at).min(32));
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, b'\n', b'"', b'/', b'*', b':']),
            2 => drop(input.drain(at..to)),
            3 => input
                .splice(at..at, input[at..to].repeat(1 + random.below(64) as usize))
                .for_each(drop),
            4 => {
                // A part of another seed.
                let other = random.pick(seeds);
                let from = place(random, other.len());
                let until = from + place(random, other.len() - from);
                input.splice(at..to, other[from..until].iter().copied());
            }
            5 => drop(input.splice(at..to, random.pick(NUMBERS).bytes())),
            6 => drop(input.splice(at..at, random.pick(WORDS).bytes())),
            7 => input.truncate(at),
            _ => {
                let noise: Vec<u8> = (0..random.below(8)).map(|_| random.below(256) as u8).collect();
                input.splice(at..at, noise);
            }
        }
        input.truncate(MAX_INPUT);
    }
    input
}

/// Numbers at the edges of their types.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "255",
    "65536",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "-0.0",
    "0.1",
    "nan",
    "inf",
    "9007199254740993",
];

/// What parsers have rules for.
const WORDS: &[&str] = &[
    "..",
    "/",
    "//",
    "*",
    "**",
    "?",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "\\",
    "\\u{0}",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{e9}",
    "e\u{301}",
    "\u{10ffff}",
    "=>",
    "=",
    ":",
    "://",
    "@",
    "%",
    "%2e",
    "#",
    ",",
    ";",
    "true",
    "null",
    "[[grant]]\n",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "xn--",
    "1.0.0",
    "+dev.1",
];

#[test]
fn every_target_is_tried_has_seeds_and_a_program() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets.len(), TARGETS.len());
    let tried: BTreeSet<String> = TRIED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(tried, targets);
    let folders = std::fs::read_dir(corpus()).unwrap();
    let folders: BTreeSet<String> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, targets);
    let manifest = std::fs::read_to_string(workspace().join("fuzz/Cargo.toml")).unwrap();
    for target in &targets {
        assert!(
            manifest.contains(&format!("\nname = \"{target}\"\n")),
            "fuzz/Cargo.toml has no program `{target}`"
        );
    }
}

macro_rules! targets {
    ($($test:ident = $name:literal,)*) => {
        const TRIED: &[&str] = &[$($name),*];

        $(
            #[test]
            fn $test() {
                check($name);
            }
        )*
    };
}

targets! {
    audit_logs = "audit-log",
    cache_entries = "cache-entry",
    components = "component",
    deployed_records = "deployed",
    frames = "frame",
    gates = "gate",
    grants = "grant",
    host_headers = "host-header",
    http_routes = "http-route",
    invocations = "invocation",
    lines_of_debugging_information = "lines",
    lines_of_logs = "log",
    manifests = "manifest",
    names = "name",
    policies = "policy",
    records = "record",
    requests = "request",
    rules = "rule",
    states = "state",
    cases_of_tests = "test-case",
}
