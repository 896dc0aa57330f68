//! One run: callers, long callers, and the swaps that are spread over the calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use airssys_wasm::Host;

use super::arguments::Arguments;
use super::calls::Calls;
use super::encode::component;
use super::latency::SwapTimes;
use super::report::Report;
use super::swaps::Swaps;

/// The tasks whose calls wait in the guest.
const LONG: usize = 3;

/// A swap that takes longer has hung.
const HUNG: Duration = Duration::from_secs(60);

/// Makes the calls and the swaps that were asked for.
pub(crate) async fn run(arguments: &Arguments) -> Report {
    let bytes = match &arguments.component {
        Some(file) => std::fs::read(file).expect("the component can be read"),
        None => component(include_str!("guest.wat"), include_str!("guest.wit"), "guest"),
    };
    let host = Host::builder().build().await.expect("the host opens");
    let name: airssys_wasm::component::ComponentName = "load".parse().expect("a name");
    let mut swaps = Swaps::new(host.clone(), name.clone(), bytes).await;
    let calls = Arc::new(Calls::new(host.clone(), name));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..arguments.tasks {
        let calls = calls.clone();
        tasks.push(tokio::spawn(async move { calls.go_on().await }));
    }
    // Another component may not know how to wait.
    for _ in 0..if arguments.component.is_none() { LONG } else { 0 } {
        let calls = calls.clone();
        tasks.push(tokio::spawn(async move { calls.go_on_long().await }));
    }
    for number in 0..arguments.swaps {
        calls.passed(part(arguments.calls, number, arguments.swaps)).await;
        // As many rollbacks so far as their part of the swaps; the last swap of each part is one.
        let rollbacks = |swaps| part(arguments.rollbacks, swaps, arguments.swaps);
        let is_rollback = rollbacks(number + 1) > rollbacks(number);
        calls.swapping(true);
        let swapped = tokio::time::timeout(HUNG, swaps.swap(number, is_rollback)).await;
        swapped.expect("the swap ends");
        calls.swapping(false);
    }
    calls.passed(arguments.calls).await;
    calls.end();
    for task in tasks {
        task.await.expect("callers do not panic");
    }
    let took = began.elapsed();
    let status = host.status().into_iter().next().expect("the component is deployed");
    host.shutdown().await.expect("the host shuts down");
    let outcome = calls.outcome();
    let (during_swaps, steady) = calls.latencies();
    Report {
        calls: arguments.calls,
        failed: outcome.failed,
        client_calls: outcome.calls,
        host_calls: status.calls,
        host_failed: status.failed,
        swaps: arguments.swaps,
        rollbacks: u64::try_from(swaps.rollbacks.len()).expect("a number"),
        long_calls: outcome.outlived,
        swap_ms: SwapTimes::of(swaps.swaps),
        rollback_ms: SwapTimes::of(swaps.rollbacks),
        call_us_during_swaps: during_swaps.times(),
        call_us_steady: steady.times(),
        seconds: took.as_secs_f64(),
        failure: outcome.failure,
    }
}

/// How much of `all` is due when `number` of `of` are.
fn part(all: u64, number: u64, of: u64) -> u64 {
    u64::try_from(u128::from(all) * u128::from(number) / u128::from(of.max(1))).expect("a part is no more than all")
}
