//! From bytes to code that runs: compiled, and loaded from the cache.

use std::time::Instant;

use wasmtime::component::Component;

use super::guest;
use super::ours::{self, Mode};
use super::pair::{Effort, Pairs};
use super::raw::Raw;
use super::table::Row;

/// Functions of the component that is compiled.
const FUNCTIONS: usize = 1_000;

pub(crate) async fn measure(effort: Effort, rows: &mut Vec<Row>) {
    let raw = Raw::new();
    let host = ours::host().await;
    let functions = if effort.turn.is_some() { FUNCTIONS } else { 2 };
    let large = guest::with_functions(functions);
    let (mut compile, mut load) = (Pairs::new(), Pairs::new());
    for round in 0..effort.rounds {
        // Bytes that the cache does not know yet.
        let bytes = guest::distinct(&large, round);
        let ours = ours::deploy(&host, &format!("compiled-{round}"), &bytes, Mode::Fresh).await;
        assert!(!ours.cached);
        let began = Instant::now();
        let component = raw.compile(&bytes);
        compile.push(nanoseconds(began), ours::step(&ours, "compile").as_nanos() as f64);

        let code = component.serialize().expect("code can be kept");
        drop(component);
        let ours = ours::deploy(&host, &format!("loaded-{round}"), &bytes, Mode::Fresh).await;
        assert!(ours.cached);
        let began = Instant::now();
        let component = load_code(&raw, &code);
        load.push(nanoseconds(began), ours::step(&ours, "compile").as_nanos() as f64);
        drop(component);
    }
    let size = large.len() >> 10;
    rows.push(Row::timed(format!("compile {size} KiB"), &compile).note("ours also writes to the cache"));
    rows.push(Row::timed(format!("load {size} KiB from the cache"), &load).note("ours also reads and verifies"));
    host.shutdown().await.expect("the host shuts down");
}

#[allow(
    unsafe_code,
    reason = "wasmtime offers no safe way to load compiled code; see SAFETY"
)]
fn load_code(raw: &Raw, code: &[u8]) -> Component {
    // SAFETY: `code` is what `Component::serialize` returned in this process.
    unsafe { Component::deserialize(&raw.engine, code) }.expect("the code fits the engine")
}

fn nanoseconds(began: Instant) -> f64 {
    began.elapsed().as_nanos() as f64
}
