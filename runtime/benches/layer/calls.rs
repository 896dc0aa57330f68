//! Instances and calls.

use tokio::sync::{mpsc, oneshot};

use super::guest;
use super::ours::{self, Mode};
use super::pair::Effort;
use super::raw::{self, Raw, Running};
use super::table::Row;

/// A letter to a task that owns an instance of raw wasmtime.
type Letter = (raw::Message, oneshot::Sender<raw::Message>);

pub(crate) async fn measure(effort: Effort, rows: &mut Vec<Row>) {
    let raw = Raw::new();
    let host = ours::host().await;
    let small = guest::small();
    let linked = raw.link(&raw.compile(&small));
    for (name, mode) in [("pooled", Mode::Pool), ("actor", Mode::Actor), ("fresh", Mode::Fresh)] {
        ours::deploy(&host, name, &small, mode).await;
    }
    let (pooled, actor, fresh) = (ours::name("pooled"), ours::name("actor"), ours::name("fresh"));
    // What is measured does what it should.
    assert_eq!(linked.call_fresh(&raw::message()).await.body, b"hello world");
    assert_eq!(ours::call(&host, &pooled).await.body, b"hello world");

    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                linked.instantiate().await;
            }
        },
        async |times| {
            for _ in 0..times {
                host.instantiate(&fresh).await.expect("there is room");
            }
        },
    );
    rows.push(Row::timed("instantiate", &pairs.await).target("ratio ≤ 1.2"));

    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                linked.call_fresh(&raw::message()).await;
            }
        },
        async |times| {
            for _ in 0..times {
                ours::call(&host, &fresh).await;
            }
        },
    );
    rows.push(Row::timed("fresh call", &pairs.await).target("ratio ≤ 1.2"));

    let mut running = linked.start().await;
    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                running.call(&raw::message()).await;
            }
        },
        async |times| {
            for _ in 0..times {
                ours::call(&host, &pooled).await;
            }
        },
    );
    rows.push(Row::timed("warm pooled call", &pairs.await).target("ratio ≤ 1.25, own part ≤ 500 ns"));

    let (mailbox, letters) = mpsc::channel::<Letter>(64);
    let task = tokio::spawn(answer(linked.start().await, letters));
    let pairs = effort.pair(
        async |times| {
            for _ in 0..times {
                let (answer, answered) = oneshot::channel();
                let letter = (raw::message(), answer);
                mailbox.send(letter).await.expect("the task runs");
                answered.await.expect("the task answers");
            }
        },
        async |times| {
            for _ in 0..times {
                ours::call(&host, &actor).await;
            }
        },
    );
    rows.push(Row::timed("actor call", &pairs.await));
    drop(mailbox);
    task.await.expect("the task ends");
    host.shutdown().await.expect("the host shuts down");
}

/// Handles letters in order: an actor, as one writes it with raw wasmtime.
async fn answer(mut running: Running, mut letters: mpsc::Receiver<Letter>) {
    while let Some((message, answer)) = letters.recv().await {
        let answered = answer.send(running.call(&message).await);
        answered.expect("the caller waits");
    }
}
