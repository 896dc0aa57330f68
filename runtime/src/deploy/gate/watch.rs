//! Watching a release for a window.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::judge::judge;
use crate::component::{Health, Span};
use crate::deploy::approach::Watch;
use crate::deploy::serving::{Reading, Serving};
use crate::deploy::turn::Turn;
use crate::error::Error;

/// How often a window is looked at when nothing fails; failures are looked at when they happen.
const LOOKS: u32 = 4;
/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a component may take to say how it is.
const HEALTH: Duration = Duration::from_secs(5);

/// What a window has shown.
pub(crate) struct Watched {
    /// What the release did in it.
    pub(crate) reading: Reading,
    /// Whether it took enough calls to be judged by them.
    pub(crate) is_judged: bool,
}

/// The measures of the releases when a watch began.
#[derive(Debug)]
pub(crate) struct Before {
    watched: Reading,
    stable: Reading,
}

impl Before {
    /// Begins a watch; of the calls that end from now on none is missed.
    pub(crate) fn now(watched: &Serving, stable: Option<&Serving>) -> Self {
        Self {
            watched: watched.measures.begin_watch(),
            stable: read(stable),
        }
    }
}

fn read(serving: Option<&Serving>) -> Reading {
    serving.map(|serving| serving.measures.read()).unwrap_or_default()
}

/// Watches a release for a window; fails as soon as a gate does, the component says that it is unhealthy, or the
/// deployment is given up.
pub(crate) async fn watch(
    watched: &Serving,
    stable: Option<&Serving>,
    before: &Before,
    rule: &Watch,
    turn: &Turn,
) -> Result<Watched, Error> {
    let begin = Instant::now();
    let end = begin + rule.window;
    let pause = (rule.window / LOOKS).max(PAUSE);
    let mut next = begin + pause;
    let mut checking = Checking::begin(watched);
    loop {
        tokio::select! {
            biased;
            error = turn.aborted() => return Err(error),
            health = &mut checking.health => {
                healthy(health?)?;
                checking.rest();
            }
            () = watched.measures.failure() => {}
            () = sleep_until(next.min(end)) => {
                next += pause;
                checking.look(watched)?;
            }
        }
        let reading = watched.measures.read().since(&before.watched);
        let is_over = Instant::now() >= end;
        let of_stable = read(stable).since(&before.stable);
        judge(&rule.gates, &reading, &of_stable, rule.min_calls, is_over)?;
        if is_over {
            checking.finish().await?;
            advancing(watched, &reading, &of_stable, rule.min_calls)?;
            return Ok(Watched {
                is_judged: reading.calls >= rule.min_calls,
                reading,
            });
        }
    }
}

/// A question to the component, how it is.
struct Checking<'a> {
    health: Pin<Box<dyn Future<Output = Result<Health, Error>> + Send + 'a>>,
    /// When it was asked; none when it has answered.
    asked: Option<Instant>,
}

impl<'a> Checking<'a> {
    fn begin(watched: &'a Serving) -> Self {
        Self {
            health: Box::pin(watched.check_health()),
            asked: Some(Instant::now()),
        }
    }

    /// Asks nothing until the next look.
    fn rest(&mut self) {
        self.health = Box::pin(std::future::pending());
        self.asked = None;
    }

    /// Asks again, or says that there is no answer.
    fn look(&mut self, watched: &'a Serving) -> Result<(), Error> {
        match self.asked {
            None => *self = Self::begin(watched),
            Some(asked) if asked.elapsed() >= HEALTH => return Err(silent()),
            Some(_) => {}
        }
        Ok(())
    }

    /// Waits for an answer that is due.
    async fn finish(&mut self) -> Result<(), Error> {
        match self.asked {
            Some(asked) => match timeout_at(asked + HEALTH, &mut self.health).await {
                Ok(health) => healthy(health?),
                Err(_) => Err(silent()),
            },
            None => Ok(()),
        }
    }
}

/// Fails when the release has ended none of its calls in a window in which the stable one has ended enough.
fn advancing(watched: &Serving, reading: &Reading, stable: &Reading, min_calls: u64) -> Result<(), Error> {
    let waiting = watched.in_flight();
    if reading.calls > 0 || waiting == 0 || stable.calls < min_calls {
        return Ok(());
    }
    Err(Error::GateFailed {
        gate: "progress".into(),
        measured: format!(
            "{waiting} calls are under way, and none has ended; stable {} calls",
            stable.calls
        ),
    })
}

fn silent() -> Error {
    Error::GateFailed {
        gate: "health".into(),
        measured: format!("it has not said for {} how it is", Span(HEALTH)),
    }
}

fn healthy(health: Health) -> Result<(), Error> {
    match health {
        Health::Unhealthy(reason) => Err(Error::GateFailed {
            gate: "health".into(),
            measured: format!("the component says that it is unhealthy: {reason}"),
        }),
        Health::Healthy | Health::Degraded(_) => Ok(()),
    }
}
