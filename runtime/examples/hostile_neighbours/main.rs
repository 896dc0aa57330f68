//! What hostile components cost their host and their neighbours: how long a runaway goes on after its deadline, how much
//! memory the host takes beyond a guest's limit, and what a healthy component notices of eight others.
//!
//! `cargo run --release -p airssys-wasm --example hostile_neighbours`
//!
//! It ends with status 1 when a healthy call fails, or when something is not stopped.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends where something fails, and prints what it found"
)]

#[expect(unreachable_pub, reason = "it is a part of a library as well, that of the tests")]
mod by_hand;
mod guests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use airssys_wasm::component::{ComponentName, Manifest, Message, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm::{Error, Host};

use crate::by_hand::{ByHand, CLOCK, ENDLESS, WAITING};
use crate::guests::{Guest, NEIGHBOURS, WASTEFUL};

/// The limit of every guest's memory.
const LIMIT_MIB: f64 = 16.0;
/// The deadline of what is to be stopped.
const DEADLINE: Duration = Duration::from_millis(100);
/// How often it is stopped.
const STOPS: usize = 300;
/// How long the healthy component is called, alone and beside others.
const WATCHED: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    // Parts by their names, or all of them.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    let runtime = runtime().expect("this machine runs Tokio");
    let is_right = runtime.block_on(async {
        // In this order: what a host has once taken for many instances it keeps.
        let memory = !wants("memory") || memory().await;
        if wants("stops") {
            stops().await;
        }
        memory & (!wants("neighbours") || beside().await)
    });
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As `airssys-wasm serve` has it: threads that are free while guests compute on all processors.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().worker_threads(2 * processors);
    runtime.event_interval(5).global_queue_interval(5).build()
}

/// A host in a directory that goes away with it.
async fn open() -> (Host, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::builder().state_dir(folder.path()).build().await.unwrap();
    (host, folder)
}

async fn deploy(host: &Host, component: &str, guest: &Guest, deadline: Duration) -> ComponentName {
    let manifest = format!(
        "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"{}ms\"\n[instances]\nmax = 1\n",
        deadline.as_millis()
    );
    let package = Package::new(wat::parse_str(guest.text()).unwrap());
    let package = package
        .name(component.parse().unwrap())
        .manifest(Manifest::parse(&manifest).unwrap());
    host.deploy(package).await.unwrap().release.name
}

async fn call(host: &Host, component: &ComponentName, guest: &Guest) -> Result<(), Error> {
    let call = format!("go({})", guest.numbers.0);
    host.invoke(component, Invocation::wave(&call).unwrap()).await.map(drop)
}

/// The highest use of memory during each call, beyond what there was before it.
async fn memory() -> bool {
    println!(
        "| what a guest with {LIMIT_MIB} MiB does | it ends with | host's memory, beyond what it had | beyond the limit |"
    );
    println!("|---|---|--:|--:|");
    let (host, _folder) = open().await;
    let mut is_right = true;
    for guest in WASTEFUL {
        let component = deploy(&host, "hostile", guest, Duration::from_secs(20)).await;
        // Once for what is made only once.
        let _ = call(&host, &component, guest).await;
        host.remove(&component).await.unwrap();
        let component = deploy(&host, "hostile", guest, Duration::from_secs(20)).await;
        let before = memory_mib("VmRSS");
        std::fs::write("/proc/self/clear_refs", "5").expect("Linux counts peaks");
        let called = call(&host, &component, guest).await;
        let taken = (memory_mib("VmHWM") - before).max(0.0);
        let answer = called.map_or_else(|error| error.code().as_str(), |()| "ok");
        is_right &= guest.expected.split('|').any(|expected| expected == answer);
        let beyond = (taken - LIMIT_MIB).max(0.0);
        println!("| {} | `{answer}` | {taken:.1} MiB | {beyond:.1} MiB |", guest.what);
        host.remove(&component).await.unwrap();
    }
    println!();
    host.shutdown().await.unwrap();
    is_right
}

/// How long after its deadline a call ends.
async fn stops() {
    println!("| a guest that | after its deadline, p50 | p99 | longest |");
    println!("|---|--:|--:|--:|");
    let (host, _folder) = open().await;
    for guest in NEIGHBOURS
        .iter()
        .filter(|guest| guest.expected.contains("deadline-exceeded"))
    {
        let component = deploy(&host, "runaway", guest, DEADLINE).await;
        let mut late = Vec::with_capacity(STOPS);
        for _ in 0..STOPS {
            let began = Instant::now();
            let called = call(&host, &component, guest).await;
            match called {
                Err(Error::Deadline { .. }) => late.push(began.elapsed().saturating_sub(DEADLINE)),
                // What writes is done before it is stopped, on a fast machine.
                Ok(()) => {}
                other => panic!("{}: {other:?}", guest.what),
            }
        }
        if let Some(Shown { p50, p99, longest }) = Shown::of(&mut late) {
            println!("| {} | {p50:.2?} | {p99:.2?} | {longest:.2?} |", guest.what);
        }
        host.remove(&component).await.unwrap();
    }
    for (entry, component) in entries() {
        for what in ["computes", "waits"] {
            let component = component(if what == "computes" { ENDLESS } else { WAITING });
            let late = stop(&host, &component, entry).await;
            match Shown::of(&mut late.unwrap_or_default()) {
                Some(Shown { p50, p99, longest }) => {
                    println!("| {what} without end in {entry} | {p50:.2?} | {p99:.2?} | {longest:.2?} |");
                }
                None => println!("| {what} without end in {entry} | a trap, at once | | |"),
            }
        }
    }
    println!();
    host.shutdown().await.unwrap();
}

/// A component of the contract that does this in one of its entries.
type InEntry = fn(&'static str) -> ByHand<'static>;

/// The entries by name, in the order in which a component meets them.
fn entries() -> [(&'static str, InEntry); 7] {
    fn by_hand() -> ByHand<'static> {
        ByHand {
            imports: CLOCK,
            ..ByHand::default()
        }
    }
    [
        ("the start function", |start| ByHand { start, ..by_hand() }),
        ("`cabi_realloc`", |realloc| ByHand { realloc, ..by_hand() }),
        ("`init`", |init| ByHand { init, ..by_hand() }),
        ("`health-status`", |health| ByHand { health, ..by_hand() }),
        ("`execute`", |execute| ByHand { execute, ..by_hand() }),
        ("post-return", |post_return| ByHand {
            post_return,
            ..by_hand()
        }),
        ("`shutdown`", |shutdown| ByHand { shutdown, ..by_hand() }),
    ]
}

/// How long after its deadline an entry ends, again and again; none when it traps instead.
async fn stop(host: &Host, component: &ByHand<'_>, entry: &str) -> Option<Vec<Duration>> {
    let manifest = format!(
        "manifest-version = 1\n[limits]\ndeadline = \"{}ms\"\n[instances]\nmax = 1\n",
        DEADLINE.as_millis()
    );
    let name: ComponentName = "entered".parse().unwrap();
    let package = || {
        let package = Package::new(component.component()).name(name.clone());
        package.manifest(Manifest::parse(&manifest).unwrap())
    };
    // Compiling is not what is measured: this leaves it in the cache, and what ends a deployment ends it here.
    let deployed = host.deploy(package()).await;
    let mut late = Vec::with_capacity(STOPS);
    for _ in 0..STOPS {
        let ended = match (&deployed, entry) {
            (Err(_), _) => {
                let began = Instant::now();
                let ended = host.deploy(package()).await.map(drop);
                late.push(began.elapsed().saturating_sub(DEADLINE));
                ended
            }
            (Ok(_), "`shutdown`") => {
                let _ = host.deploy(package()).await;
                let began = Instant::now();
                host.remove(&name).await.unwrap();
                while host.usage().instances.used > 0 {
                    tokio::task::yield_now().await;
                }
                late.push(began.elapsed().saturating_sub(DEADLINE));
                continue;
            }
            (Ok(_), _) => {
                let began = Instant::now();
                let ended = host.call(&name, Message::text("x")).await.map(drop);
                late.push(began.elapsed().saturating_sub(DEADLINE));
                ended
            }
        };
        match ended.map_err(reason) {
            Err(Error::Deadline { .. }) => {}
            Err(Error::Trap { .. }) => {
                late.clear();
                break;
            }
            other => panic!("{entry}: {other:?}"),
        }
    }
    if deployed.is_ok() && entry != "`shutdown`" {
        host.remove(&name).await.unwrap();
    }
    (!late.is_empty()).then_some(late)
}

/// Why a deployment failed.
fn reason(error: Error) -> Error {
    match error {
        Error::Deployment { reason, .. } => self::reason(*reason),
        error => error,
    }
}

/// Where the sources are.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a healthy component notices of eight others; false when a call failed.
async fn beside() -> bool {
    println!("| a healthy component | calls | failed | p50 | p99 | longest |");
    println!("|---|--:|--:|--:|--:|--:|");
    let (host, _folder) = open().await;
    let healthy = deploy(&host, "healthy", &WASTEFUL[0], Duration::from_secs(30)).await;
    let alone = watch(&host, &healthy, "alone").await;
    let goes_on = Arc::new(AtomicBool::new(true));
    let ended = Arc::new(AtomicU64::new(0));
    let mut hostile = Vec::new();
    for (number, guest) in NEIGHBOURS[..8].iter().enumerate() {
        let component = deploy(&host, &format!("hostile-{number}"), guest, Duration::from_secs(1)).await;
        let (host, goes_on, ended) = (host.clone(), goes_on.clone(), ended.clone());
        hostile.push(tokio::spawn(async move {
            while goes_on.load(Ordering::Relaxed) {
                let _ = call(&host, &component, guest).await;
                ended.fetch_add(1, Ordering::Relaxed);
                // The next call is another client's.
                tokio::task::yield_now().await;
            }
        }));
    }
    let beside = watch(&host, &healthy, "beside eight hostile ones").await;
    goes_on.store(false, Ordering::Relaxed);
    for task in hostile {
        task.await.unwrap();
    }
    println!(
        "\n{} calls of the hostile components ended meanwhile.",
        ended.load(Ordering::Relaxed)
    );
    host.shutdown().await.unwrap();
    alone & beside
}

/// Calls the healthy component every millisecond.
async fn watch(host: &Host, healthy: &ComponentName, what: &str) -> bool {
    let (host, healthy) = (host.clone(), healthy.clone());
    // In a task, as the requests of clients are.
    let watched = tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_millis(1));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut times, mut failed) = (Vec::new(), 0);
        let began = Instant::now();
        while began.elapsed() < WATCHED {
            // From when it was due: that it is late to be called is what a client notices too.
            let due = every.tick().await;
            let answer = host.invoke(&healthy, Invocation::wave("fine()").unwrap()).await;
            times.push(due.elapsed());
            failed += u64::from(!answer.is_ok_and(|value| value.to_wave() == "7"));
        }
        (times, failed)
    });
    let (mut times, failed) = watched.await.unwrap();
    let calls = times.len();
    let Shown { p50, p99, longest } = Shown::of(&mut times).expect("it was called");
    println!("| {what} | {calls} | {failed} | {p50:.2?} | {p99:.2?} | {longest:.2?} |");
    failed == 0
}

/// What is shown of many times.
struct Shown {
    p50: Duration,
    p99: Duration,
    longest: Duration,
}

impl Shown {
    fn of(times: &mut [Duration]) -> Option<Self> {
        times.sort();
        let at = |part: usize| {
            times
                .get((times.len() * part / 100).min(times.len().saturating_sub(1)))
                .copied()
        };
        Some(Self {
            p50: at(50)?,
            p99: at(99)?,
            longest: *times.last()?,
        })
    }
}

/// A figure of this process in MiB.
fn memory_mib(figure: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    kib.expect("Linux tells") / 1024.0
}
