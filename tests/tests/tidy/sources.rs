//! How Rust files are written: an opening sentence, ordered imports, bounded length, names from the glossary.

use super::{Source, report, sources};

const ALL: &[&str] = &["cargo-airssys", "runtime", "sdk", "tests"];
const PUBLISHED: &[&str] = &["cargo-airssys/src", "runtime/src", "sdk/src", "sdk/macros/src"];

/// The most lines of a file, its tests not counted.
const MAX_LINES: usize = 500;

#[test]
fn every_file_opens_with_what_it_is_for() {
    let opens = |source: &Source| source.text.starts_with("//! ") || source.path.contains("tests/ui/");
    report(
        sources(ALL)
            .iter()
            .filter(|source| !opens(source))
            .map(|source| source.path.clone())
            .collect(),
    );
}

#[test]
fn no_file_is_too_long() {
    let length = |source: &Source| source.text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    let too_long = |source: &Source| {
        let lines = length(source);
        (lines > MAX_LINES && !source.is_generated()).then(|| format!("{} has {lines} lines", source.path))
    };
    report(sources(PUBLISHED).iter().filter_map(too_long).collect());
}

#[test]
fn imports_stand_in_three_blocks() {
    report(
        sources(ALL)
            .iter()
            .filter(|source| !source.path.contains("tests/ui/"))
            .filter_map(misordered)
            .collect(),
    );
}

/// Within the opening imports, blocks follow in the order `std`, others, this workspace; each block is of one kind.
fn misordered(source: &Source) -> Option<String> {
    let mut last = 0;
    let mut in_block = None;
    for line in source.text.lines().skip_while(|line| !line.starts_with("use ")) {
        if line.is_empty() {
            in_block = None;
        }
        let Some(path) = line.strip_prefix("use ") else {
            if line.is_empty() || line.starts_with([' ', '}']) {
                continue;
            }
            return None;
        };
        let rank = rank(path);
        if rank < last || in_block.is_some_and(|block| block != rank) {
            return Some(format!("{}: `{line}`", source.path));
        }
        (last, in_block) = (rank, Some(rank));
    }
    None
}

fn rank(path: &str) -> u8 {
    let first = path.split([':', ';', ' ']).next().unwrap_or("");
    match first {
        "std" | "core" | "alloc" => 1,
        "crate" | "super" | "self" => 3,
        name if name.starts_with("airssys_wasm") || name == "cargo_airssys" => 3,
        _ => 2,
    }
}

#[test]
fn a_mod_file_holds_no_logic() {
    let logic = |source: &Source| {
        let code = source.text.split("#[cfg(test)]").next().unwrap();
        let line = code
            .lines()
            .find(|line| line.starts_with("impl ") || line.starts_with("impl<"));
        line.map(|line| format!("{}: `{line}`", source.path))
    };
    let mods = sources(PUBLISHED);
    report(
        mods.iter()
            .filter(|source| source.path.ends_with("/mod.rs"))
            .filter_map(logic)
            .collect(),
    );
}

#[test]
fn no_name_is_one_that_says_nothing() {
    const WORDS: [&str; 11] = [
        "manager",
        "helper",
        "util",
        "utils",
        "common",
        "core",
        "wrapper",
        "handler",
        "service",
        "coordinator",
        "processor",
    ];
    let vague = |source: &Source| {
        let stem = source.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        stem.split('_')
            .any(|word| WORDS.contains(&word))
            .then(|| source.path.clone())
    };
    report(sources(PUBLISHED).iter().filter_map(vague).collect());
}

#[test]
fn unsafe_code_gives_its_reason() {
    let unreasoned = |source: &Source| {
        let lines: Vec<&str> = source.text.lines().collect();
        let bad = lines.iter().enumerate().find(|(number, line)| {
            let opens = line.contains("unsafe {") && !line.trim_start().starts_with("//");
            opens
                && !lines[number.saturating_sub(8)..*number]
                    .iter()
                    .any(|line| line.contains("// SAFETY: "))
        });
        bad.map(|(number, _)| format!("{}:{}", source.path, number + 1))
    };
    let written = sources(PUBLISHED).into_iter().filter(|source| !source.is_generated());
    report(written.filter_map(|source| unreasoned(&source)).collect());
}

#[test]
fn tests_wait_for_events_and_not_for_time() {
    let sleeping = format!("time::{}(", "sleep");
    let sleeps = |source: &Source| source.text.contains(&sleeping).then(|| source.path.clone());
    report(
        sources(&["cargo-airssys", "runtime", "sdk", "tests/src", "tests/tests"])
            .iter()
            .filter_map(sleeps)
            .collect(),
    );
}
