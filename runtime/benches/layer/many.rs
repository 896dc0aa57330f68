//! One component deployed, and a thousand.

use std::time::Instant;

use super::guest;
use super::ours::{self, Mode};
use super::pair::{Effort, Pairs};
use super::raw::{self, Raw, Running};
use super::table::Row;

/// As many as the pool of the engine holds instances.
const MANY: usize = 1_000;

pub(crate) async fn measure(effort: Effort, rows: &mut Vec<Row>) {
    let raw = Raw::new();
    let host = ours::host().await;
    let small = guest::small();
    let many = if effort.turn.is_some() { MANY } else { 4 };
    let names: Vec<_> = (0..many).map(|n| ours::name(&format!("many-{n}"))).collect();
    let mut running: Vec<Running> = Vec::new();
    let (mut first, mut last) = (Pairs::new(), Pairs::new());
    let share = (many / 10).max(1);
    for (n, name) in names.iter().enumerate() {
        let bytes = guest::distinct(&small, n);
        let began = Instant::now();
        ours::deploy(&host, name.as_str(), &bytes, Mode::Pool).await;
        let ours = began.elapsed().as_nanos() as f64;
        let began = Instant::now();
        let mut instance = raw.link(&raw.compile(&bytes)).start().await;
        assert!(instance.is_healthy().await);
        let raw = began.elapsed().as_nanos() as f64;
        running.push(instance);
        if n < share {
            first.push(raw, ours);
        } else if n >= many - share {
            last.push(raw, ours);
        }
        if n == 0 {
            rows.push(warm("warm call, 1 deployed", effort, &mut running, &host, &names[..1]).await);
        }
    }
    let note = "ours also asks the component, commits twice and syncs";
    rows.push(Row::timed(format!("deploy, the first {share}"), &first).note(note));
    rows.push(Row::timed(format!("deploy, the last {share} of {many}"), &last).note(note));
    let one = format!("warm call, {many} deployed, one of them");
    rows.push(warm(&one, effort, &mut running[..1], &host, &names[..1]).await);
    let all = format!("warm call, {many} deployed, each in turn");
    rows.push(warm(&all, effort, &mut running, &host, &names).await);
    drop(running);
    host.shutdown().await.expect("the host shuts down");
}

/// Calls to these components, one after the other.
async fn warm(
    what: &str,
    effort: Effort,
    running: &mut [Running],
    host: &airssys_wasm::Host,
    names: &[airssys_wasm::component::ComponentName],
) -> Row {
    let (mut next_raw, mut next) = (0, 0);
    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                running[next_raw].call(&raw::message()).await;
                next_raw = (next_raw + 1) % running.len();
            }
        },
        async |times| {
            for _ in 0..times {
                ours::call(host, &names[next]).await;
                next = (next + 1) % names.len();
            }
        },
    );
    Row::timed(what, &pairs.await)
}
