//! Instances and calls.

use tokio::sync::{mpsc, oneshot};

use airssys_wasm::typed::Invocation;

use super::guest;
use super::ours::{self, Mode};
use super::pair::Effort;
use super::raw::{self, Linked, Raw, Running};
use super::table::{Row, Target};

/// The targets that hold for what a call needs.
const FRESH: &[Target] = &[Target::Ratio(1.2)];
const WARM: &[Target] = &[Target::Ratio(1.25), Target::OwnPart(500.0)];

/// A letter to a task that owns an instance of raw wasmtime.
type Letter = (raw::Message, oneshot::Sender<raw::Message>);

/// Raw wasmtime and a host with the same guest.
struct Both {
    linked: Linked,
    host: airssys_wasm::Host,
    effort: Effort,
}

pub(crate) async fn measure(effort: Effort, wanted: impl Fn(&str) -> bool, rows: &mut Vec<Row>) {
    let both = Both::new(effort).await;
    if wanted("instantiate") {
        rows.push(both.instantiate().await.target(FRESH));
    }
    if wanted("fresh") {
        rows.push(both.fresh().await.target(FRESH));
    }
    if wanted("warm") {
        rows.push(both.warm().await.target(WARM));
    }
    if wanted("actor") {
        rows.push(both.actor().await);
    }
    if wanted("dynamic") {
        rows.push(both.dynamic("add(1, 2)", "3").await);
        let person = "name-of({name: \"Ada Lovelace\", age: 36})";
        rows.push(both.dynamic(person, "\"Ada Lovelace\"").await);
    }
    both.host.shutdown().await.expect("the host shuts down");
}

impl Both {
    async fn new(effort: Effort) -> Self {
        let raw = Raw::new();
        let host = ours::host().await;
        let small = guest::small();
        for (name, mode) in [("pooled", Mode::Pool), ("actor", Mode::Actor), ("fresh", Mode::Fresh)] {
            ours::deploy(&host, name, &small, mode).await;
            // What is measured does what it should.
            assert_eq!(ours::call(&host, &ours::name(name)).await.body, b"hello world");
        }
        let linked = raw.link(&raw.compile(&small));
        assert_eq!(linked.call_fresh(&raw::message()).await.body, b"hello world");
        Self { linked, host, effort }
    }

    async fn instantiate(&self) -> Row {
        let name = ours::name("fresh");
        let pairs = self.effort.pair(
            async |times| {
                for _ in 0..times {
                    self.linked.instantiate().await;
                }
            },
            async |times| {
                for _ in 0..times {
                    self.host.instantiate(&name).await.expect("there is room");
                }
            },
        );
        Row::timed("instantiate", &pairs.await)
    }

    async fn fresh(&self) -> Row {
        let name = ours::name("fresh");
        let pairs = self.effort.pair(
            async |times| {
                for _ in 0..times {
                    self.linked.call_fresh(&raw::message()).await;
                }
            },
            async |times| {
                for _ in 0..times {
                    ours::call(&self.host, &name).await;
                }
            },
        );
        Row::timed("fresh call", &pairs.await)
    }

    async fn warm(&self) -> Row {
        let name = ours::name("pooled");
        let mut running = self.linked.start().await;
        let pairs = self.effort.pair(
            async |times| {
                for _ in 0..times {
                    running.call(&raw::message()).await;
                }
            },
            async |times| {
                for _ in 0..times {
                    ours::call(&self.host, &name).await;
                }
            },
        );
        Row::timed("warm pooled call", &pairs.await)
    }

    async fn actor(&self) -> Row {
        let name = ours::name("actor");
        let (mailbox, letters) = mpsc::channel::<Letter>(64);
        let task = tokio::spawn(answer(self.linked.start().await, letters));
        let pairs = self.effort.pair(
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
                    ours::call(&self.host, &name).await;
                }
            },
        );
        let row = Row::timed("actor call", &pairs.await);
        drop(mailbox);
        task.await.expect("the task ends");
        row
    }

    /// A call by name and text: arguments are parsed, checked and converted, and the result is written as text.
    async fn dynamic(&self, call: &str, expected: &str) -> Row {
        let name = ours::name("pooled");
        let mut running = self.linked.start().await;
        let pairs = self.effort.pair(
            async |times| {
                for _ in 0..times {
                    assert_eq!(running.invoke(call).await, expected);
                }
            },
            async |times| {
                for _ in 0..times {
                    let invocation = Invocation::wave(call).expect("the call is well-formed");
                    let value = self.host.invoke(&name, invocation).await.expect("the guest answers");
                    assert_eq!(value.to_wave(), expected);
                }
            },
        );
        let export = call.split('(').next().unwrap_or(call);
        Row::timed(format!("typed dynamic call of `{export}`"), &pairs.await)
    }
}

/// Handles letters in order: an actor, as one writes it with raw wasmtime.
async fn answer(mut running: Running, mut letters: mpsc::Receiver<Letter>) {
    while let Some((message, answer)) = letters.recv().await {
        let answered = answer.send(running.call(&message).await);
        answered.expect("the caller waits");
    }
}
