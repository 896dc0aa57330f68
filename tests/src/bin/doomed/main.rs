//! A process that kills itself at a point of its work, and says first what it has done.
//!
//! `doomed STATE PACKAGES POINT one COMPONENT GUEST OPERATION` does one thing, and is killed afterwards at the latest.
//! `doomed STATE PACKAGES POINT many SEED` goes on until it is killed.
//! POINT is the number of the point at which it is killed, from 1; at 0 it is not.
//! Its lines are `reached POINT`, `begin COMPONENT ROUTE`, `done COMPONENT ROUTE` and `failed COMPONENT CODE`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program for tests"
)]

mod operation;
mod packages;
mod sequence;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use airssys_wasm::{Event, Host, RetentionPolicy};

use self::operation::Operation;
use self::packages::Packages;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [state, packages, point, rest @ ..] = &*arguments else {
        panic!("a state directory, packages and a point");
    };
    let packages = Packages::new(packages);
    let point = point.parse().expect("a number");
    match rest {
        ["one", component, guest, operation] => {
            // With room for one release that does not serve, the third has the first of them removed.
            let retention = match *operation {
                "collect" => RetentionPolicy::new(1, 1),
                _ => RetentionPolicy::default(),
            };
            let (host, shifted) = open(state, point, retention).await;
            let operation = Operation {
                host: &host,
                packages: &packages,
                component,
                guest,
                shifted: &shifted,
            };
            operation.carry_out(rest[3]).await;
            println!("done");
            die();
        }
        ["many", seed] => {
            let (host, _) = open(state, point, RetentionPolicy::new(1, 1)).await;
            sequence::run(&host, &packages, seed.parse().expect("a number")).await;
        }
        _ => panic!("one or many"),
    }
}

/// Opens a host that ends this process at its `last` point, and tells when a release gets calls on trial.
async fn open(state: &str, last: u64, retention: RetentionPolicy) -> (Host, Arc<Notify>) {
    let reached = AtomicU64::new(0);
    let shifted = Arc::<Notify>::default();
    let tell = shifted.clone();
    let listen = move |event: Event| {
        let point = match event {
            Event::Reached { point, .. } => point,
            Event::DeploymentRecovered { .. } => "recovered",
            Event::Shifted { .. } => return tell.notify_one(),
            _ => return,
        };
        println!("reached {point}");
        if reached.fetch_add(1, Ordering::Relaxed) + 1 == last {
            die();
        }
    };
    let builder = Host::builder().state_dir(state).retention(retention).on_event(listen);
    (builder.build().await.expect("the host opens"), shifted)
}

/// Ends this process as the system does when memory is short: nothing more is done, nothing is tidied up.
fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    unreachable!("nobody survives this signal");
}
