//! Swaps and rollbacks, what they cost the calls, and what a route costs.

use std::fs::File;
use std::io::{Seek, Write};
use std::time::Instant;

use semver::Version;

use airssys_wasm::component::{ComponentName, Package};
use airssys_wasm::{DeployOptions, Host, RetentionPolicy, RollbackOptions, SplitOptions};

use super::guest;
use super::ours::{self, Mode};
use super::pair::{Effort, Pairs};
use super::raw::Raw;
use super::table::{Row, Target};

/// Functions of the larger component that is compiled.
const FUNCTIONS: usize = 1_000;

/// Components deployed beside the one that is swapped.
const BESIDE: [usize; 2] = [9, 999];

/// Releases that share the calls of one component.
const SPLITS: [u64; 2] = [2, 10];

/// With more releases than are kept, each swap removes one, as it does in the long run.
const RELEASES: u64 = 12;

/// The targets of swaps whose code is compiled, and of those whose code is there.
const COMPILED: &[Target] = &[Target::OwnPart(50e6)];
const READY: &[Target] = &[Target::Time(20e6)];

const SYNCS: &str = "beside it two synced writes of 4 KiB";

/// A component that is swapped, and the disk on which that is recorded.
struct Swapped {
    host: Host,
    name: ComponentName,
    bytes: Vec<u8>,
    last: u64,
    scratch: File,
    _folder: tempfile::TempDir,
}

pub(crate) async fn measure(short: Effort, long: Effort, rows: &mut Vec<Row>) {
    let functions = if long.turn.is_some() { FUNCTIONS } else { 2 };
    for bytes in [guest::small(), guest::with_functions(functions)] {
        rows.push(compiled(long, &bytes).await);
    }
    rows.push(cached(short).await);
    rows.push(warm(short).await);
    rows.push(rollback(short, "rollback to the release before, kept warm", 1).await);
    rows.push(rollback(short, "rollback to the release before, not kept warm", 0).await);
    for beside in BESIDE {
        rows.push(among(short, if short.turn.is_some() { beside } else { 2 }).await);
    }
    calls(short, rows).await;
    for releases in SPLITS {
        rows.push(split(short, releases).await);
    }
}

impl Swapped {
    /// A component with a few releases, of which this many are kept warm.
    async fn new(bytes: &[u8], warm: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let host = Host::builder()
            .state_dir(folder.path().join("state"))
            .retention(RetentionPolicy::new(warm, 10));
        let mut swapped = Self {
            host: host.build().await.expect("the host opens"),
            name: ours::name("swapped"),
            bytes: bytes.to_vec(),
            last: 0,
            scratch: File::create(folder.path().join("scratch")).expect("the directory can be written"),
            _folder: folder,
        };
        for _ in 0..RELEASES {
            swapped.deploy().await;
        }
        swapped
    }

    /// Deploys the bytes as a new release.
    async fn deploy(&mut self) -> f64 {
        self.last += 1;
        let package = Package::new(self.bytes.clone()).name(self.name.clone());
        let package = package.version(version(self.last));
        let began = Instant::now();
        self.host.deploy(package).await.expect("the guest is healthy");
        nanoseconds(began)
    }

    /// Writes 4 KiB and waits for the disk, twice.
    fn sync_twice(&mut self) -> f64 {
        let began = Instant::now();
        for _ in 0..2 {
            self.scratch.rewind().expect("a file has a beginning");
            self.scratch.write_all(&[1; 4096]).expect("the disk has room");
            self.scratch.sync_all().expect("the disk writes");
        }
        nanoseconds(began)
    }

    /// Calls until `is_over`, and says how long each call took, sorted.
    async fn calls(&self, mut is_over: impl FnMut(usize) -> bool) -> Vec<f64> {
        let mut took = Vec::new();
        while !is_over(took.len()) {
            let began = Instant::now();
            ours::call(&self.host, &self.name).await;
            took.push(nanoseconds(began));
        }
        took.sort_by(f64::total_cmp);
        took
    }

    async fn end(self) {
        self.host.shutdown().await.expect("the host shuts down");
    }
}

fn version(patch: u64) -> Version {
    Version::new(1, 0, patch)
}

/// A swap to bytes that were never seen, beside raw wasmtime compiling them.
async fn compiled(effort: Effort, bytes: &[u8]) -> Row {
    let raw = Raw::new();
    let mut swapped = Swapped::new(bytes, 1).await;
    let mut pairs = Pairs::new();
    for round in 0..effort.rounds {
        swapped.bytes = guest::distinct(bytes, round);
        let ours = swapped.deploy().await;
        let began = Instant::now();
        drop(raw.compile(&swapped.bytes));
        pairs.push(nanoseconds(began), ours);
    }
    swapped.end().await;
    let what = format!("swap to new bytes, {} KiB", bytes.len() >> 10);
    Row::timed(what, &pairs)
        .note("beside it raw wasmtime's compile")
        .target(COMPILED)
}

/// A swap to a new release whose code is in the cache on disk.
async fn cached(effort: Effort) -> Row {
    let mut swapped = Swapped::new(&guest::small(), 1).await;
    let mut pairs = Pairs::new();
    for _ in 0..effort.rounds {
        let ours = swapped.deploy().await;
        pairs.push(swapped.sync_twice(), ours);
    }
    swapped.end().await;
    Row::timed("swap to a new release, code in the cache", &pairs)
        .note(SYNCS)
        .target(READY)
}

/// A swap to the release before, which is in memory.
async fn warm(effort: Effort) -> Row {
    let mut swapped = Swapped::new(&guest::small(), 1).await;
    let mut pairs = Pairs::new();
    for round in 0..effort.rounds {
        let other = version(swapped.last - u64::from(round % 2 == 0));
        let began = Instant::now();
        let updated = swapped
            .host
            .update(&swapped.name, &other, &DeployOptions::default())
            .await;
        let ours = nanoseconds(began);
        assert_eq!(updated.expect("the release is in the store").release.version, other);
        pairs.push(swapped.sync_twice(), ours);
    }
    swapped.end().await;
    Row::timed("swap to a release that is kept warm", &pairs)
        .note(SYNCS)
        .target(READY)
}

/// A rollback, when this many replaced releases are kept warm.
async fn rollback(effort: Effort, what: &str, warm: usize) -> Row {
    let mut swapped = Swapped::new(&guest::small(), warm).await;
    let mut pairs = Pairs::new();
    for _ in 0..effort.rounds {
        let began = Instant::now();
        let back = swapped.host.rollback(&swapped.name, &RollbackOptions::default()).await;
        let ours = nanoseconds(began);
        back.expect("the release before is there");
        pairs.push(swapped.sync_twice(), ours);
    }
    swapped.end().await;
    let row = Row::timed(what, &pairs).note(SYNCS);
    if warm > 0 { row.target(READY) } else { row }
}

/// A swap to a new release among other components, beside one in a host of its own.
async fn among(effort: Effort, others: usize) -> Row {
    let small = guest::small();
    let (mut alone, mut among) = (Swapped::new(&small, 1).await, Swapped::new(&small, 1).await);
    for n in 0..others {
        // These keep no instances, of which an engine has a thousand.
        let bytes = guest::distinct(&small, n);
        ours::deploy(&among.host, &format!("other-{n}"), &bytes, Mode::Fresh).await;
    }
    let mut pairs = Pairs::new();
    for _ in 0..effort.rounds {
        pairs.push(alone.deploy().await, among.deploy().await);
    }
    alone.end().await;
    among.end().await;
    Row::timed(format!("swap with {} deployed", others + 1), &pairs)
        .note("beside it with 1 deployed")
        .target(READY)
}

/// Calls while the component is swapped, beside calls while it is not.
async fn calls(effort: Effort, rows: &mut Vec<Row>) {
    let mut swapped = Swapped::new(&guest::small(), 1).await;
    let (mut half, mut most) = (Pairs::new(), Pairs::new());
    for _ in 0..effort.rounds {
        swapped.last += 1;
        let package = Package::new(swapped.bytes.clone()).name(swapped.name.clone());
        let (host, package) = (swapped.host.clone(), package.version(version(swapped.last)));
        let swap = tokio::spawn(async move { host.deploy(package).await });
        let during = swapped.calls(|made| made > 0 && swap.is_finished()).await;
        swap.await.expect("the deployment ends").expect("the guest is healthy");
        let steady = swapped.calls(|made| made >= during.len()).await;
        let at = |took: &[f64], share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        half.push(at(&steady, 0.5), at(&during, 0.5));
        most.push(at(&steady, 0.99), at(&during, 0.99));
    }
    swapped.end().await;
    for (what, pairs) in [("p50", half), ("p99", most)] {
        let what = format!("call while its component is swapped, {what}");
        rows.push(Row::timed(what, &pairs).note("beside it between swaps; each read of the clock counts"));
    }
}

/// A call that is routed to one of several releases, beside one whose route has one.
async fn split(effort: Effort, releases: u64) -> Row {
    let one = Swapped::new(&guest::small(), 1).await;
    let several = Swapped::new(&guest::small(), 1).await;
    let mut options = SplitOptions::default();
    options.weights = (0..releases).map(|n| (version(several.last - n), 1)).collect();
    let split = several.host.split(&several.name, &options).await;
    split.expect("the releases are in the store");
    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                ours::call(&one.host, &one.name).await;
            }
        },
        async |times| {
            for _ in 0..times {
                ours::call(&several.host, &several.name).await;
            }
        },
    );
    let row = Row::timed(format!("warm call, split over {releases} releases"), &pairs.await);
    one.end().await;
    several.end().await;
    row.note("beside it a route of one release")
}

fn nanoseconds(began: Instant) -> f64 {
    began.elapsed().as_nanos() as f64
}
