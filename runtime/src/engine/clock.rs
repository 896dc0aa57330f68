//! The clock that interrupts guests: a thread that advances the epoch of every engine.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak};

use super::turns::Turns;
use crate::error::Error;

/// How often a running guest is stopped to look at its deadline and to let others run.
/// A runaway guest is stopped at most this much after its deadline.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// The same while guests run for long and take turns.
const SLICE: Duration = Duration::from_millis(1);

/// Advances the epoch of engines for as long as there are any.
pub(crate) struct Ticker {
    engines: Sender<EngineWeak>,
}

impl Ticker {
    /// Starts the thread, which advances every epoch once in each `interval`, and more often while turns are taken.
    pub(super) fn start(interval: Duration, turns: Arc<Turns>) -> Result<Self, Error> {
        let (engines, arrivals) = mpsc::channel::<EngineWeak>();
        let tick = move || {
            let mut driven: Vec<EngineWeak> = Vec::new();
            let mut next = Instant::now() + interval;
            loop {
                match arrivals.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(engine) => driven.push(engine),
                    Err(RecvTimeoutError::Disconnected) if driven.is_empty() => return,
                    // A guest may still run after its host is gone, and has to be stopped at its deadline.
                    Err(error) => {
                        if error == RecvTimeoutError::Disconnected {
                            std::thread::sleep(interval);
                        }
                        next = Instant::now()
                            + if turns.are_taken() {
                                interval.min(SLICE)
                            } else {
                                interval
                            };
                        driven.retain(|engine| engine.upgrade().map(|engine| engine.increment_epoch()).is_some());
                    }
                }
            }
        };
        let spawned = std::thread::Builder::new().name("airssys-epoch".into()).spawn(tick);
        spawned.map(|_| Self { engines }).map_err(|error| Error::Engine {
            reason: format!("the thread that interrupts guests could not be started: {error}"),
        })
    }

    /// Advances the epoch of `engine` from now on, until the engine is gone.
    pub(crate) fn drive(&self, engine: &Engine) {
        // The thread ends only after this sender is gone, so the send cannot fail.
        let _ = self.engines.send(engine.weak());
    }
}
