//! Drives an upgrade by one case: calls of the old release, of the new one, and of the old one again.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::judge::{Reference, judge};
use super::load::{Known, load};
use super::outcome::{Fate, UpgradeOutcome};
use super::releases::{Side, Upgrade};
use crate::testing::answer::Answer;
use crate::testing::case::{Case, Parts};
use crate::testing::error::Error;
use crate::testing::outcome::{Difference, OutputLine, Verdict};
use crate::testing::start::{Refused, Running};

/// A call that was made.
pub(super) struct Made {
    /// Its place in the case.
    pub(super) place: usize,
    pub(super) answer: Answer,
    pub(super) output: Vec<OutputLine>,
    pub(super) took: Duration,
}

/// What a case saw of an upgrade and the rollback.
#[derive(Default)]
pub(super) struct Driven {
    pub(super) before: Vec<Made>,
    pub(super) upgraded: Vec<Made>,
    pub(super) back: Vec<Made>,
    /// Why a release did not come into service.
    pub(super) refused: Option<Difference>,
    /// The bytes of the state that was handed over.
    saved: Option<u64>,
    pub(super) calls_lost: u64,
}

/// Runs a case: its calls alone, the same with the old release in place of the new one, and then under load.
pub(super) async fn run(upgrade: &Upgrade, case: &Case) -> Result<UpgradeOutcome, Error> {
    let begin = Instant::now();
    let mut outcome = UpgradeOutcome {
        name: case.name(),
        description: case.description.clone(),
        verdict: Verdict::Passed,
        skipped: None,
        before: Vec::new(),
        upgraded: Vec::new(),
        back: Vec::new(),
        refused: None,
        state: Fate::Stateless,
        calls_lost: 0,
        load: None,
        took: Duration::ZERO,
    };
    if case.start_error.is_some() {
        outcome.skipped = Some("it is of a component that does not start".into());
    } else {
        match started(upgrade, case).await? {
            Ok(running) => drive(upgrade, case, running, &mut outcome).await?,
            Err(Refused { error, .. }) => {
                let said = Answer::error(error).text();
                outcome.skipped = Some(format!("the old release does not start as it says: {said}"));
            }
        }
    }
    outcome.took = begin.elapsed();
    Ok(outcome)
}

/// The old release in a host of its own.
pub(super) async fn started(upgrade: &Upgrade, case: &Case) -> Result<Result<Running, Refused>, Error> {
    let start = upgrade.old().component.start();
    let start = start.surroundings(&case.source, case.config.as_ref(), case.place(), &case.directories);
    start.attempt().await
}

async fn drive(upgrade: &Upgrade, case: &Case, running: Running, outcome: &mut UpgradeOutcome) -> Result<(), Error> {
    let driven = Driven::by(case, running, upgrade.successor()).await?;
    let reference = match started(upgrade, case).await? {
        Ok(running) => Some(Driven::by(case, running, upgrade.again()).await?),
        Err(_) => None,
    };
    let known = Known::of(case, [Some(&driven), reference.as_ref()]);
    let is_made = driven.refused.is_none() || !driven.upgraded.is_empty();
    outcome.state = match (upgrade.old().keeps_state(), upgrade.successor().keeps_state()) {
        (true, true) if is_made => driven.saved.map_or(Fate::Stateless, |bytes| Fate::Carried { bytes }),
        (true, false) if is_made => Fate::Lost,
        (false, true) if is_made => Fate::Begun,
        _ => Fate::Stateless,
    };
    outcome.calls_lost = driven.calls_lost;
    let reference = reference.filter(|reference| reference.refused.is_none());
    judge(
        case,
        driven,
        reference.map(Reference),
        upgrade.old().keeps_state(),
        outcome,
    )?;
    if outcome.refused.is_none()
        && let Ok(running) = started(upgrade, case).await?
    {
        match load(upgrade, case, running, known).await? {
            Ok(load) => {
                if !load.is_clean() {
                    outcome.verdict = Verdict::Failed;
                }
                outcome.load = Some(load);
            }
            Err(refused) => {
                outcome.refused = Some(refused);
                outcome.verdict = Verdict::Failed;
            }
        }
    }
    Ok(())
}

impl Driven {
    /// Makes the calls, with an upgrade to `to` and the way back between them.
    async fn by(case: &Case, mut running: Running, to: &Side) -> Result<Self, Error> {
        let all = || 0..case.calls.len();
        let parts = case.parts.clone().unwrap_or_else(|| Parts {
            before: all(),
            upgraded: all(),
            back: all(),
        });
        let mut driven = Self {
            before: made(&mut running, case, parts.before).await?,
            ..Self::default()
        };
        match running.replace(to.package()).await {
            Ok(_) => {
                let saved = running.saved().await?;
                driven.saved = saved.map(|saved| saved.bytes.len() as u64);
                driven.upgraded = made(&mut running, case, parts.upgraded).await?;
                match running.roll_back().await {
                    Ok(deployment) => {
                        driven.calls_lost = deployment.calls_lost.unwrap_or(0);
                        driven.back = made(&mut running, case, parts.back).await?;
                    }
                    Err(error) => driven.refused = Some(not_back(error)),
                }
            }
            Err(error) => driven.refused = Some(not_upgraded(error)),
        }
        running.end().await?;
        Ok(driven)
    }
}

async fn made(running: &mut Running, case: &Case, range: Range<usize>) -> Result<Vec<Made>, Error> {
    let mut all = Vec::new();
    for place in range {
        let sent = case.calls[place].request.sent(&case.place())?;
        let begin = Instant::now();
        let answer = running.send(sent).await;
        all.push(Made {
            place,
            answer,
            took: begin.elapsed(),
            output: running.output(),
        });
    }
    Ok(all)
}

/// How an upgrade is reported that was refused.
pub(super) fn not_upgraded(error: crate::Error) -> Difference {
    Answer::error(error).unlike("the new release did not come into service", "")
}

/// How a rollback is reported that was refused.
pub(super) fn not_back(error: crate::Error) -> Difference {
    Answer::error(error).unlike("the old release did not come back into service", "")
}
