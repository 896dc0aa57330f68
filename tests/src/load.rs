//! Callers that call a component without pause, and count what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::name;
use airssys_wasm::Host;
use airssys_wasm::component::Message;

/// Callers that go on until they are told to end.
pub struct Load {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<Vec<String>>>,
}

#[derive(Default)]
struct Shared {
    calls: AtomicU64,
    failed: AtomicU64,
    ended: AtomicBool,
    progress: Notify,
}

/// What became of the calls.
pub struct Called {
    /// How many were made.
    pub calls: u64,
    /// How many failed.
    pub failed: u64,
    /// The answers of those that did not.
    pub answers: Vec<String>,
}

impl Load {
    /// Begins with so many callers.
    pub fn begin(host: &Host, component: &str, callers: usize) -> Self {
        let shared = Arc::<Shared>::default();
        let callers = (0..callers).map(|_| {
            let (host, component, shared) = (host.clone(), name(component), shared.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                while !shared.ended.load(Ordering::Relaxed) {
                    match host.call(&component, Message::text("x")).await {
                        Ok(answer) => answers.push(answer.to_text().into_owned()),
                        Err(_) => {
                            shared.failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    shared.calls.fetch_add(1, Ordering::Relaxed);
                    shared.progress.notify_waiters();
                    tokio::task::yield_now().await;
                }
                answers
            })
        });
        Self {
            callers: callers.collect(),
            shared,
        }
    }

    /// Waits until so many calls more have ended.
    pub async fn more(&self, calls: u64) {
        let goal = self.shared.calls.load(Ordering::Relaxed) + calls;
        loop {
            let progress = self.shared.progress.notified();
            if self.shared.calls.load(Ordering::Relaxed) >= goal {
                return;
            }
            progress.await;
        }
    }

    /// Has the callers end, and counts.
    pub async fn end(self) -> Called {
        self.shared.ended.store(true, Ordering::Relaxed);
        let mut answers = Vec::new();
        for caller in self.callers {
            answers.extend(caller.await.expect("a caller does not panic"));
        }
        Called {
            calls: self.shared.calls.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
            answers,
        }
    }
}

impl Called {
    /// How often this was the answer.
    pub fn count(&self, answer: &str) -> usize {
        self.answers.iter().filter(|given| *given == answer).count()
    }
}
