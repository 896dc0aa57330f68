//! What it costs to record: a host that keeps an audit log, and one that keeps none.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use airssys_wasm::Host;
use airssys_wasm::component::ComponentName;

use super::pair::Effort;
use super::table::{Row, Target};
use super::{guest, ours};

/// About as long as an entry of the benchmark is.
const ENTRY: usize = 150;

/// How many entries are written before they are synced.
const SYNCED: usize = 1_000;

pub(crate) async fn measure(short: Effort, long: Effort, rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("the directory can be made");
    std::fs::write(data.join("file"), [b'a'; 4_096]).expect("the file can be written");
    let (without, name) = granting(&data, None).await;
    let (with, _) = granting(&data, Some(&folder.path().join("state"))).await;
    for (what, call) in [
        ("call with one allowed access", "stats-open(1)"),
        ("allowed access, of 100 in a call", "stats-open(100)"),
    ] {
        let pairs = short.pair(
            async |times| repeat(&without, &name, call, times).await,
            async |times| repeat(&with, &name, call, times).await,
        );
        let row = Row::timed(what, &pairs.await);
        rows.push(match call {
            "stats-open(1)" => row.target(&[Target::OwnPart(1_000.0)]),
            _ => row.note("the whole call"),
        });
    }
    let mut scratch = File::create(folder.path().join("scratch")).expect("the file can be made");
    let bytes = vec![b'a'; ENTRY * SYNCED];
    let pairs = long.pair(
        async |times| {
            for _ in 0..times {
                scratch.rewind().expect("it is a file");
                scratch.write_all(&bytes).expect("the disk has room");
                scratch.sync_data().expect("the disk works");
            }
        },
        async |times| with.record_often(times * SYNCED).await.expect("the log is written"),
    );
    let row = Row::timed("1,000 entries, synced", &pairs.await);
    rows.push(row.note("beside it one synced write of as many bytes"));
    for host in [with, without] {
        host.shutdown().await.expect("the host shuts down");
    }
}

async fn granting(data: &Path, state: Option<&Path>) -> (Host, ComponentName) {
    let builder = match state {
        Some(state) => Host::builder().state_dir(state),
        None => Host::builder(),
    };
    let capabilities = "file-read = [\"/data/**\"]\nfile-write = [\"/data/**\"]\n";
    let mounts = format!("mounts = {{ \"/data\" = {data:?} }}\n");
    ours::granting_on(builder, &guest::with_files(), capabilities, &mounts).await
}

async fn repeat(host: &Host, name: &ComponentName, call: &str, times: usize) {
    for _ in 0..times {
        ours::invoke(host, name, call).await;
    }
}
