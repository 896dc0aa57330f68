//! An upgrade and its rollback under load: concurrent callers repeat the calls of a case, and what fails is counted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::drive::{Driven, not_back, not_upgraded};
use super::outcome::Load;
use super::releases::Upgrade;
use crate::testing::answer::Answer;
use crate::testing::case::Case;
use crate::testing::error::Error;
use crate::testing::outcome::Difference;
use crate::testing::request::Sent;
use crate::testing::start::{Caller, Running};

/// How many callers there are, where the releases take so many calls.
const CALLERS: u32 = 4;

/// How long each release takes calls at least.
const PHASE: Duration = Duration::from_millis(50);

/// How long it is waited at most for a call of each caller.
const LONGEST: Duration = Duration::from_secs(10);

/// How often it is looked whether a phase is over.
const LOOK: Duration = Duration::from_millis(2);

/// The time between two calls that one caller makes to an actor, so that a state which grows with each call stays small.
const PACE: Duration = Duration::from_millis(1);

/// The code with which a component says in order that it fails.
const SAID: &str = "guest-error";

/// With which errors each call of a case ends without load, by the codes.
pub(super) struct Known(Vec<HashSet<&'static str>>);

/// What the callers share.
struct Calls {
    caller: Caller,
    sent: Vec<Sent>,
    known: Mutex<Known>,
    /// Whether errors are still learned, because no release was replaced yet.
    is_learning: AtomicBool,
    is_over: AtomicBool,
    pace: Option<Duration>,
    made: AtomicU64,
    failed: AtomicU64,
    /// Whether every answer was one with which an instance goes on.
    is_orderly: AtomicBool,
    first_failure: Mutex<Option<String>>,
    /// How many calls each caller has ended.
    ended: Vec<AtomicU64>,
}

impl Known {
    /// The errors that were seen in these.
    pub(super) fn of<'a>(case: &Case, seen: impl IntoIterator<Item = Option<&'a Driven>>) -> Self {
        let mut known = vec![HashSet::new(); case.calls.len()];
        for driven in seen.into_iter().flatten() {
            for made in driven.before.iter().chain(&driven.upgraded).chain(&driven.back) {
                known[made.place].extend(made.answer.code());
            }
        }
        Self(known)
    }
}

/// Calls without pause while the new release comes into service and goes again.
pub(super) async fn load(
    upgrade: &Upgrade,
    case: &Case,
    running: Running,
    known: Known,
) -> Result<Result<Load, Difference>, Error> {
    let sides = [upgrade.old(), upgrade.successor()];
    let most = sides.map(|side| side.concurrency()).into_iter().fold(CALLERS, u32::min);
    let is_paced = sides.iter().any(|side| side.is_actor());
    let place = case.place();
    let sent: Result<Vec<Sent>, Error> = case.calls.iter().map(|call| call.request.sent(&place)).collect();
    let calls = Arc::new(Calls {
        caller: running.caller(),
        sent: sent?,
        known: Mutex::new(known),
        is_learning: AtomicBool::new(true),
        is_over: AtomicBool::new(false),
        pace: is_paced.then_some(PACE),
        made: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        is_orderly: AtomicBool::new(true),
        first_failure: Mutex::default(),
        ended: (0..most.max(1)).map(|_| AtomicU64::new(0)).collect(),
    });
    let mut callers = JoinSet::new();
    for number in 0..calls.ended.len() {
        let calls = calls.clone();
        callers.spawn(async move { calls.repeat(number).await });
    }
    let moved = swapped(upgrade, &running, &calls).await;
    calls.is_over.store(true, Ordering::Release);
    callers.join_all().await;
    running.end().await?;
    let (swap, rollback, calls_lost) = match moved {
        Ok(moved) => moved,
        Err(refused) => return Ok(Err(refused)),
    };
    let made = calls.made.load(Ordering::Acquire);
    let is_counted = sides.iter().all(|side| side.keeps_state()) && calls.is_orderly.load(Ordering::Acquire);
    let forgotten = match running.saved().await? {
        Some(saved) if is_counted => made.saturating_sub(saved.calls + calls_lost),
        _ => 0,
    };
    let first_failure = calls
        .first_failure
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    Ok(Ok(Load {
        calls: made,
        failed: calls.failed.load(Ordering::Acquire),
        first_failure,
        forgotten,
        swap,
        rollback,
    }))
}

/// The upgrade and the rollback, with calls before, between and after them.
async fn swapped(upgrade: &Upgrade, running: &Running, calls: &Calls) -> Result<(Duration, Duration, u64), Difference> {
    calls.phase().await;
    calls.is_learning.store(false, Ordering::Release);
    let swap = running
        .replace(upgrade.successor().package())
        .await
        .map_err(not_upgraded)?;
    calls.phase().await;
    let rollback = running.roll_back().await.map_err(not_back)?;
    calls.phase().await;
    let calls_lost = rollback.calls_lost.unwrap_or(0);
    Ok((swap.since_start(), rollback.since_start(), calls_lost))
}

impl Calls {
    /// Makes the calls of the case again and again, until it is over.
    async fn repeat(&self, number: usize) {
        let mut pace = self.pace.map(tokio::time::interval);
        if let Some(pace) = &mut pace {
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        for (place, sent) in self.sent.iter().enumerate().cycle() {
            if self.is_over.load(Ordering::Acquire) {
                return;
            }
            match &mut pace {
                Some(pace) => {
                    pace.tick().await;
                }
                // On a runtime with one thread the swap gets its turn.
                None => tokio::task::yield_now().await,
            }
            let answer = self.caller.send(sent.clone()).await;
            self.note(place, &answer);
            self.ended[number].fetch_add(1, Ordering::AcqRel);
        }
    }

    fn note(&self, place: usize, answer: &Answer) {
        self.made.fetch_add(1, Ordering::AcqRel);
        let Some(code) = answer.code() else { return };
        if code == SAID {
            return;
        }
        self.is_orderly.store(false, Ordering::Release);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_learning.load(Ordering::Acquire) {
            known.0[place].insert(code);
        }
        if known.0[place].contains(code) {
            return;
        }
        self.failed.fetch_add(1, Ordering::AcqRel);
        let mut first = self.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| format!("call {}: {}", place + 1, answer.text()));
    }

    /// Waits until each caller has ended a call that it began since now, and at least as long as a phase lasts.
    async fn phase(&self) {
        let begin = Instant::now();
        let ended = || self.ended.iter().map(|ended| ended.load(Ordering::Acquire));
        // The call under way may have begun before.
        let goals: Vec<u64> = ended().map(|ended| ended + 2).collect();
        let mut look = tokio::time::interval(LOOK);
        while begin.elapsed() < LONGEST {
            look.tick().await;
            if begin.elapsed() >= PHASE && ended().zip(&goals).all(|(ended, goal)| ended >= *goal) {
                return;
            }
        }
    }
}
