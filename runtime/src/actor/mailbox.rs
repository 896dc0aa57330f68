//! One instance behind a mailbox.
//!
//! The task that owns the instance takes one message after the other.
//! For a swap it stops between two messages, hands out the state, and waits: either it goes on, or it ends and gives
//! the messages that still wait back to their senders, who send them to the next release.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use crate::component::Health;
use crate::engine::{Answer, Call, Handled, Instance, Prepared, Taken};
use crate::error::Error;

/// What an instance left behind, and which release it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) version: semver::Version,
    /// How many calls the state has gone through, over all releases that handed it on.
    pub(crate) calls: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Whether an actor that is paused is asked for its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saving {
    /// It is, and goes on when it cannot say.
    Now,
    /// It is not: what it knew is given up.
    Skipped,
}

/// A component with one instance.
#[derive(Debug)]
pub(crate) struct Actor {
    mailbox: mpsc::Sender<Letter>,
    /// Set when the actor has ended because another release takes over, or none does.
    handed_over: Arc<AtomicBool>,
    /// Closed when the actor's task is gone, in whatever way.
    alive: watch::Receiver<()>,
}

/// An actor that waits between two messages.
/// Dropping it lets the actor go on.
#[derive(Debug)]
pub(crate) struct Handover {
    /// The state at this moment; none when the component keeps none.
    pub(crate) saved: Option<Saved>,
    /// How many calls its state has gone through.
    pub(crate) calls: u64,
    end: oneshot::Sender<()>,
}

impl Handover {
    /// Ends the actor; the messages that wait go back to their senders.
    pub(crate) fn end(self) {
        // The actor waits for this, so it is there to receive it.
        let _ = self.end.send(());
    }
}

/// Resolves when a call is cancelled.
pub(crate) type Cancelled = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Letter {
    Call {
        call: Call,
        answer: oneshot::Sender<Delivery>,
        /// Counts the call as in flight until the actor is done with it.
        taken: Taken,
        /// Resolves when the call is cancelled.
        cancelled: Cancelled,
    },
    Health {
        answer: oneshot::Sender<Result<Health, Error>>,
    },
    Restore {
        saved: Saved,
        answer: oneshot::Sender<Result<(), Error>>,
    },
    Pause {
        saving: Saving,
        paused: oneshot::Sender<Result<Handover, Error>>,
    },
    End,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The component took it.
    Done(Result<Answer, Error>),
    /// The component did not get it, because another release has taken over.
    Returned(Call),
}

impl Actor {
    /// Hosts an instance that was started, and restored where there was something to restore.
    /// At most `waiting` messages wait.
    pub(crate) fn new(prepared: Arc<Prepared>, first: Instance, saved: Option<Saved>, waiting: u32) -> Self {
        let calls = saved.as_ref().map_or(0, |saved| saved.calls);
        let (mailbox, letters) = mpsc::channel(waiting.max(1) as usize);
        let handed_over = Arc::<AtomicBool>::default();
        let (life, alive) = watch::channel(());
        let body = Body {
            prepared,
            instance: Some(first),
            saved,
            calls,
            handed_over: handed_over.clone(),
        };
        tokio::spawn(async move {
            body.live(letters).await;
            drop(life);
        });
        Self {
            mailbox,
            handed_over,
            alive,
        }
    }

    /// Has the call handled after those before it.
    /// When `cancelled` resolves, it is not handled, or no further.
    pub(crate) async fn call(&self, call: Call, taken: Taken, cancelled: Cancelled) -> Delivery {
        let (answer, answered) = oneshot::channel();
        let letter = Letter::Call {
            call,
            answer,
            taken,
            cancelled,
        };
        if let Err(refused) = self.mailbox.send(letter).await {
            return match refused.0 {
                Letter::Call { call, .. } if self.handed_over.load(Ordering::Acquire) => Delivery::Returned(call),
                _ => Delivery::Done(Err(dead())),
            };
        }
        match answered.await {
            Ok(delivery) => delivery,
            Err(_) => Delivery::Done(Err(dead())),
        }
    }

    /// Whether the actor's task has failed, rather than ended for another release.
    pub(crate) fn is_dead(&self) -> bool {
        self.mailbox.is_closed() && !self.handed_over.load(Ordering::Acquire)
    }

    /// Has the actor end after the messages before this one, and waits until its task is gone.
    pub(crate) async fn end(&self) {
        // One that has handed over is ending already.
        let _ = self.mailbox.send(Letter::End).await;
        // The channel carries nothing: it only closes.
        let _ = self.alive.clone().changed().await;
    }

    /// Asks the component how it is, after the messages before.
    pub(crate) async fn health(&self) -> Result<Health, Error> {
        self.ask(|answer| Letter::Health { answer }).await
    }

    /// Hands the component what an earlier instance saved.
    pub(crate) async fn restore(&self, saved: Saved) -> Result<(), Error> {
        self.ask(|answer| Letter::Restore { saved, answer }).await
    }

    /// Stops between two messages and saves the state.
    pub(crate) async fn pause(&self, saving: Saving) -> Result<Handover, Error> {
        self.ask(|paused| Letter::Pause { saving, paused }).await
    }

    async fn ask<T>(&self, letter: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Letter) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.mailbox.send(letter(answer)).await.map_err(|_| dead())?;
        answered.await.map_err(|_| dead())?
    }
}

/// What the actor's task owns.
struct Body {
    prepared: Arc<Prepared>,
    /// None after the last one was discarded.
    instance: Option<Instance>,
    /// What a new instance starts with: the state as it was last saved.
    saved: Option<Saved>,
    calls: u64,
    handed_over: Arc<AtomicBool>,
}

impl Body {
    async fn live(mut self, mut letters: mpsc::Receiver<Letter>) {
        while let Some(letter) = letters.recv().await {
            match letter {
                // Nobody waits for the answer any more, and the message was not begun.
                Letter::Call { answer, .. } if answer.is_closed() => {}
                Letter::Call {
                    mut call,
                    answer,
                    taken,
                    cancelled,
                } => {
                    let mut answered = Answer::default();
                    let handled = tokio::select! {
                        biased;
                        handled = self.handle(&mut call, &mut answered) => Some(handled),
                        () = cancelled => None,
                    };
                    // The guest has not returned, so its instance is not used again.
                    self.discard_broken();
                    self.calls += 1;
                    if let Some(handled) = handled {
                        let result = handled.map(|()| answered).map_err(|error| *error);
                        // A caller that went away has no use for the answer.
                        let _ = answer.send(Delivery::Done(result));
                    }
                    drop(taken);
                }
                Letter::Health { answer } => {
                    let _ = answer.send(self.health().await);
                }
                Letter::Restore { saved, answer } => {
                    let _ = answer.send(self.restore(saved).await);
                }
                Letter::Pause { saving, paused } => {
                    if self.pause(saving, paused).await {
                        self.handed_over.store(true, Ordering::Release);
                        break;
                    }
                }
                Letter::End => {
                    self.handed_over.store(true, Ordering::Release);
                    break;
                }
            }
        }
        letters.close();
        while let Some(letter) = letters.recv().await {
            if let Letter::Call { call, answer, .. } = letter {
                let _ = answer.send(Delivery::Returned(call));
            }
        }
        if let Some(instance) = self.instance.take() {
            // The state is saved; a failing shutdown was reported as an event.
            let _ = instance.shutdown().await;
        }
    }

    /// Hands out the state and waits; true when the actor has to end.
    async fn pause(&mut self, saving: Saving, paused: oneshot::Sender<Result<Handover, Error>>) -> bool {
        let saved = match saving {
            Saving::Now => self.save().await,
            Saving::Skipped => Ok(None),
        };
        let saved = match saved {
            Ok(saved) => saved,
            Err(error) => {
                let _ = paused.send(Err(error));
                return false;
            }
        };
        let (end, ended) = oneshot::channel();
        let calls = self.calls;
        if paused.send(Ok(Handover { saved, calls, end })).is_err() {
            return false;
        }
        ended.await.is_ok()
    }

    async fn save(&mut self) -> Result<Option<Saved>, Error> {
        let Some(instance) = &mut self.instance else {
            return Ok(self.saved.clone());
        };
        let saved = instance.save().await;
        self.discard_broken();
        let bytes = saved?;
        if let Some(bytes) = bytes {
            self.saved = Some(Saved {
                version: self.prepared.release.version.clone(),
                calls: self.calls,
                bytes,
            });
        }
        Ok(self.saved.clone())
    }

    async fn handle(&mut self, call: &mut Call, answer: &mut Answer) -> Handled {
        self.instance().await?.handle(call, answer, Instant::now()).await
    }

    async fn health(&mut self) -> Result<Health, Error> {
        let health = self.instance().await?.health().await;
        self.discard_broken();
        health
    }

    async fn restore(&mut self, saved: Saved) -> Result<(), Error> {
        let instance = self.instance().await?;
        let restored = instance.restore(&saved.version.to_string(), &saved.bytes).await;
        self.discard_broken();
        restored?;
        self.calls = saved.calls;
        self.saved = Some(saved);
        Ok(())
    }

    /// The instance; a new one after the last was discarded.
    async fn instance(&mut self) -> Result<&mut Instance, Error> {
        match &mut self.instance {
            Some(instance) => Ok(instance),
            none => Ok(none.insert(start(&self.prepared, self.saved.as_ref()).await?)),
        }
    }

    fn discard_broken(&mut self) {
        if self.instance.as_ref().is_some_and(|instance| !instance.is_usable()) {
            self.instance = None;
        }
    }
}

/// The error of an actor whose task is gone without a handover: the host or its embedder failed inside it.
fn dead() -> Error {
    Error::Engine {
        reason: "the task of the component has ended; deploy it again".into(),
    }
}

/// Starts an instance and hands it what an earlier one saved.
pub(crate) async fn start(prepared: &Arc<Prepared>, saved: Option<&Saved>) -> Result<Instance, Error> {
    let mut instance = Instance::start(prepared).await?;
    if let Some(saved) = saved {
        instance.restore(&saved.version.to_string(), &saved.bytes).await?;
    }
    Ok(instance)
}
