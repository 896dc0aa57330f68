//! How long one decision of the gate takes: each is timed alone, so that the slowest are told from the others.

use std::time::Instant;

use airssys_wasm::capability::Decision;

use super::allocations;
use super::pair::{Effort, Spread};
use super::table::{spread, time};

/// How many grants there are of the kind that is decided on; the one that fits is the last.
const GRANTS: [usize; 3] = [1, 16, 128];

/// How many decisions a round has.
const DECISIONS: usize = 10_000;

/// The slowest of a hundred takes at most this many nanoseconds.
const MOST: f64 = 1_000.0;

/// How many lines there are.
pub(crate) const ROWS: usize = GRANTS.len() * 4 + 1;

/// The table of all decisions.
pub(crate) fn measure(effort: Effort, measures: bool) -> String {
    let decisions = if measures { DECISIONS } else { 1 };
    let mut text = "| decision | grants | p50 | p99 | allocations | target |\n|---|--:|--:|--:|--:|---|\n".to_owned();
    for number in GRANTS {
        for (what, decision) in all(number) {
            assert!(decision.take(), "{what} is allowed");
            let before = allocations::count();
            assert!(decision.take(), "{what} is allowed");
            let allocated = allocations::count() - before;
            let (middle, slow) = rounds(effort.rounds, decisions, || decision.take());
            let met = if slow.median <= MOST && allocated == 0 {
                "met"
            } else {
                "missed"
            };
            text.push_str(&format!(
                "| {what} | {number} | {} | {} | {allocated} | p99 ≤ 1 µs, no allocation: {met} |\n",
                spread(middle, time),
                spread(slow, time),
            ));
        }
    }
    let (middle, slow) = rounds(effort.rounds, decisions, || true);
    let (middle, slow) = (spread(middle, time), spread(slow, time));
    text.push_str(&format!(
        "| none: the clock alone, which counts in all others | | {middle} | {slow} | | |\n"
    ));
    text
}

/// What is decided among so many grants.
fn all(number: usize) -> [(&'static str, Decision); 4] {
    let patterns = |last: &str, other: fn(usize) -> String| -> Vec<String> {
        (1..number).map(other).chain([last.to_owned()]).collect()
    };
    let on_file = |last, other, path| Decision::on_file(&patterns(last, other), path).expect("patterns");
    let on_request = |last, other, host| {
        let decision = Decision::on_request(&patterns(last, other), host, 443).expect("patterns");
        decision.expect("a host")
    };
    [
        (
            "read `/data/here/report.txt` by `/data/here/*.txt`, beside `/data/part-N/*.txt`",
            on_file(
                "/data/here/*.txt",
                |n| format!("/data/part-{n}/*.txt"),
                "/data/here/report.txt",
            ),
        ),
        (
            "read `/data/report.txt` by `/data/*.txt`, beside `/data/*.N`",
            on_file("/data/*.txt", |n| format!("/data/*.{n}"), "/data/report.txt"),
        ),
        (
            "request `https://api.example.com` by `*.example.com`, beside `api-N.example.com`",
            on_request("*.example.com", |n| format!("api-{n}.example.com"), "api.example.com"),
        ),
        (
            "request `https://10.255.0.1` by `10.0.0.0/8`, beside `10.N.0.0/16`",
            on_request("10.0.0.0/8", |n| format!("10.{n}.0.0/16"), "10.255.0.1"),
        ),
    ]
}

/// The middle and the slowest of a hundred, round by round, in nanoseconds.
fn rounds(rounds: usize, decisions: usize, decide: impl Fn() -> bool) -> (Spread, Spread) {
    let mut took = vec![0; decisions];
    let (mut middle, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        for took in &mut took {
            let began = Instant::now();
            std::hint::black_box(decide());
            *took = began.elapsed().as_nanos();
        }
        took.sort_unstable();
        let at = |share: f64| took[((decisions - 1) as f64 * share).round() as usize] as f64;
        middle.push(at(0.5));
        slow.push(at(0.99));
    }
    (Spread::of(middle.into_iter()), Spread::of(slow.into_iter()))
}
