//! Memory of components that wait for calls, each kind in a process of its own.

use std::process::Command;

use super::guest;
use super::ours::{self, Mode};
use super::pair::Effort;
use super::raw::Raw;
use super::table::{Row, Target};

/// The argument that makes this program such a process.
pub(crate) const ARGUMENT: &str = "--memory";

/// Components whose memory is measured together.
pub(crate) const COMPONENTS: usize = 200;

/// Components before the first look: what the first ones bring into memory belongs to none of them.
const WARM_UP: usize = 20;

/// What a process keeps of each component.
#[derive(Clone, Copy)]
enum Kept {
    /// Its compiled code.
    Code,
    /// An instance of raw wasmtime as well, initialised and asked for its health.
    Raw,
    /// What a host keeps of a deployed component.
    Ours,
}

const KINDS: [(&str, Kept); 3] = [("code", Kept::Code), ("raw", Kept::Raw), ("ours", Kept::Ours)];

pub(crate) fn measure(effort: Effort, rows: &mut Vec<Row>) {
    let components = if effort.turn.is_some() { COMPONENTS } else { 2 };
    let mut shares = KINDS.map(|(name, _)| in_process(name, components)).into_iter();
    let (Some(Some(code)), Some(Some(raw)), Some(Some(ours))) = (shares.next(), shares.next(), shares.next()) else {
        return;
    };
    let row = Row::sized("memory per idle component", raw - code, ours - code);
    rows.push(
        row.target(&[Target::Size(128.0 * 1024.0)])
            .note(&format!("above its compiled code, {:.0} KiB", code / 1024.0)),
    );
}

/// Bytes for each component, measured in another process; none on systems that do not tell.
fn in_process(kind: &str, components: usize) -> Option<f64> {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args([ARGUMENT, kind, &components.to_string()])
        .output()
        .expect("this program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Measures one kind in this process, and prints bytes for each component.
pub(crate) async fn run(kind: &str, components: usize) {
    let (_, kept) = KINDS.iter().find(|(name, _)| *name == kind).expect("a known kind");
    let small = guest::small();
    let bytes = move |n| guest::distinct(&small, n);
    let grown = match kept {
        Kept::Code | Kept::Raw => raw(components, bytes, matches!(kept, Kept::Raw)).await,
        Kept::Ours => hosted(components, bytes).await,
    };
    if let Some(grown) = grown {
        println!("{}", grown / components as f64);
    }
}

async fn raw(components: usize, bytes: impl Fn(usize) -> Vec<u8>, instances: bool) -> Option<f64> {
    let raw = Raw::new();
    let (mut kept, mut running) = (Vec::new(), Vec::new());
    let mut before = None;
    for n in 0..WARM_UP + components {
        if n == WARM_UP {
            before = proportional_set();
        }
        let linked = raw.link(&raw.compile(&bytes(n)));
        if instances {
            let mut instance = linked.start().await;
            assert!(instance.is_healthy().await);
            running.push(instance);
        }
        kept.push(linked);
    }
    Some(proportional_set()? - before?)
}

async fn hosted(components: usize, bytes: impl Fn(usize) -> Vec<u8>) -> Option<f64> {
    let host = ours::host().await;
    let mut before = None;
    for n in 0..WARM_UP + components {
        if n == WARM_UP {
            before = proportional_set();
        }
        ours::deploy(&host, &format!("idle-{n}"), &bytes(n), Mode::Pool).await;
    }
    Some(proportional_set()? - before?)
}

/// The proportional set size of this process, in bytes.
fn proportional_set() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0)
}
