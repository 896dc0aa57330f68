//! What guests do with files and over the network, among ten grants: wasmtime-wasi, and a host that decides on each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime_wasi::{FsPerms, WasiCtx};

use airssys_wasm::Host;
use airssys_wasm::component::ComponentName;

use super::guest;
use super::pair::Effort;
use super::raw::{Raw, Running};
use super::table::{Row, Target};
use super::{allocations, ours};

/// What is measured of files: the guest's function, and what it does.
const FILES: [(&str, &str); 7] = [
    ("opens", "open and close a file"),
    ("opens-below", "open and close a file two directories below"),
    ("stats", "stat a file"),
    ("stats-below", "stat a file two directories below"),
    ("reads", "read 4 KiB"),
    ("streams", "read 4 KiB through a stream of their own"),
    ("writes", "write 4 KiB"),
];

/// How often both take turns with files, and how long a turn is.
pub(crate) const FILE_ROUNDS: usize = 2_001;
pub(crate) const FILE_TURN: Duration = Duration::from_micros(250);

const FILE: &[Target] = &[Target::Ratio(1.15)];

/// How many grants there are of each kind; the one that fits is the last.
const GRANTS: usize = 10;

/// How many times something is done to count what is allocated for it.
const COUNTED: u64 = 1_000;

/// The body of a response.
const BODY: &str = "hello world";

/// The same guest in both.
struct Both {
    raw: Running,
    host: Host,
    name: ComponentName,
}

pub(crate) async fn measure(short: Effort, long: Effort, rows: &mut Vec<Row>) {
    // Turns that are shorter than another program's keep more of them free of it.
    let short = Effort {
        rounds: short.turn.map_or(1, |_| FILE_ROUNDS),
        turn: short.turn.map(|_| FILE_TURN),
    };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let mut files = Both::files(folder.path()).await;
    let row = files.row(short, "stat of an open file", "stats-open(").await;
    rows.push(row.target(FILE));
    rows.push(files.allocations("stats-open").await.target(&[Target::NoMore]));
    for (function, what) in FILES {
        rows.push(files.row(short, what, &format!("{function}(")).await.target(FILE));
    }
    files.end().await;
    let (address, server) = serve();
    let mut requests = Both::requests(address).await;
    let row = requests
        .row(long, "GET of 11 bytes", &format!("requests(\"{address}\", "))
        .await;
    rows.push(row.note("beside it plain hyper").target(FILE));
    requests.end().await;
    // Whoever sends nothing ends the server.
    drop(std::net::TcpStream::connect(address));
    server.join().expect("the server ends");
}

impl Both {
    async fn files(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join("some/where")).expect("the directories can be made");
        for file in ["file", "some/where/file"] {
            std::fs::write(folder.join(file), [b'a'; 4_096]).expect("the file can be written");
        }
        let mut wasi = WasiCtx::builder();
        wasi.allow_blocking_current_thread(true);
        let opened = wasi.preopened_dir(folder, "/data", FsPerms::ReadWrite);
        opened.expect("the directory is there");
        let patterns = patterns("/data/**", |n| format!("/data/part-{n}/**"));
        let capabilities = format!("file-read = {patterns:?}\nfile-write = {patterns:?}\n");
        let mounts = format!("mounts = {{ \"/data\" = {folder:?} }}\n");
        Self::new(&guest::with_files(), wasi.build(), &capabilities, &mounts).await
    }

    async fn requests(address: SocketAddr) -> Self {
        let patterns = patterns(&format!("http://{address}"), |n| format!("https://api-{n}.example.com"));
        let capabilities = format!("network-outbound = {patterns:?}\n");
        Self::new(&guest::with_requests(), WasiCtx::builder().build(), &capabilities, "").await
    }

    async fn new(bytes: &[u8], wasi: WasiCtx, capabilities: &str, mounts: &str) -> Self {
        let raw = Raw::new();
        let raw = raw.link(&raw.compile(bytes)).start_with(wasi).await;
        let (host, name) = ours::granting(bytes, capabilities, mounts).await;
        Self { raw, host, name }
    }

    /// What a function takes that is told how often it does something; `call` is the call up to that.
    async fn row(&mut self, effort: Effort, what: &str, call: &str) -> Row {
        let Self { raw, host, name } = self;
        let pairs = effort.pair(
            async |times| drop(raw.invoke(&format!("{call}{times})")).await),
            async |times| drop(ours::invoke(host, name, &format!("{call}{times})")).await),
        );
        Row::timed(what, &pairs.await)
    }

    /// How much is allocated each time, without what the call itself takes.
    async fn allocations(&mut self, function: &str) -> Row {
        let (once, often) = (format!("{function}(1)"), format!("{function}({})", 1 + COUNTED));
        let begin = allocations::count();
        self.raw.invoke(&once).await;
        let raw_once = allocations::count();
        self.raw.invoke(&often).await;
        let raw_often = allocations::count();
        ours::invoke(&self.host, &self.name, &once).await;
        let ours_once = allocations::count();
        ours::invoke(&self.host, &self.name, &often).await;
        let ours_often = allocations::count();
        let each = |often: u64, once: u64| (often as f64 - once as f64) / COUNTED as f64;
        Row::counted(
            "allocations for it",
            each(raw_often - raw_once, raw_once - begin),
            each(ours_often - ours_once, ours_once - raw_often),
        )
    }

    async fn end(self) {
        self.host.shutdown().await.expect("the host shuts down");
    }
}

/// Patterns of which the last is this one.
fn patterns(last: &str, other: impl Fn(usize) -> String) -> Vec<String> {
    (1..GRANTS).map(other).chain([last.to_owned()]).collect()
}

/// A server on another thread, which answers one connection after the other until one says nothing.
fn serve() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    let server = std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection comes");
            match connection.read(&mut buffer) {
                Ok(0) => return,
                // A small request comes in one piece.
                Ok(_) => drop(connection.write_all(response.as_bytes())),
                Err(_) => {}
            }
        }
    });
    (address, server)
}
