//! Runs a case: start, calls in their order, end.

use std::time::Instant;

use super::answer::Answer;
use super::case::{Call, Case};
use super::component::Component;
use super::error::Error;
use super::expectation::Expectation;
use super::outcome::{CallOutcome, Difference, Outcome, Verdict};
use super::snapshot::{Recording, Snapshot};
use super::start::{Refused, Running};

/// Runs a case in a host of its own.
pub(super) async fn run(component: &Component, case: &Case) -> Result<Outcome, Error> {
    let begin = Instant::now();
    let start = component.start();
    let start = start.surroundings(&case.source, case.config.as_ref(), case.place(), &case.directories);
    let mut outcome = Outcome {
        name: case.name(),
        description: case.description.clone(),
        verdict: Verdict::Passed,
        start: None,
        start_output: Vec::new(),
        calls: Vec::new(),
        snapshot: None,
        took: begin.elapsed(),
    };
    match start.attempt().await? {
        Ok(mut running) => {
            outcome.start_output = running.output();
            outcome.start = case.start_error.as_ref().map(|expected| Difference {
                reason: "the component was not to start".into(),
                expected: expected.said(),
                actual: "it started".into(),
            });
            let mut recording = Recording::begin(case)?;
            for (index, call) in case.calls.iter().enumerate() {
                let ended = made(&mut running, case, call, index + 1, recording.as_mut()).await?;
                outcome.calls.push(ended);
            }
            outcome.snapshot = recording.map(Recording::finish);
            let last = running.shutdown().await?;
            let output = match outcome.calls.last_mut() {
                Some(call) => &mut call.output,
                None => &mut outcome.start_output,
            };
            output.extend(last);
        }
        // It says nothing of the component, unless the case is about that.
        Err(Refused { error, .. })
            if case.start_error.is_none() && matches!(error, crate::Error::NotGranted { .. }) =>
        {
            return Err(Error::Host(error));
        }
        Err(Refused { error, output }) => {
            outcome.start_output = output;
            let answer = Answer::error(error);
            outcome.start = match &case.start_error {
                Some(expected) => expected.check(&answer),
                None => Some(answer.unlike("the component did not start", String::new())),
            };
        }
    }
    outcome.verdict = verdict(&outcome);
    outcome.took = begin.elapsed();
    Ok(outcome)
}

/// Makes a call and looks at its answer.
async fn made(
    running: &mut Running,
    case: &Case,
    call: &Call,
    number: usize,
    recording: Option<&mut Recording>,
) -> Result<CallOutcome, Error> {
    let label = call.request.label();
    let begin = Instant::now();
    let answer = running.send(call.request.sent(&case.place())?).await;
    let took = begin.elapsed();
    let (verdict, difference) = judged(case, call, number, &answer, recording)?;
    Ok(CallOutcome {
        number,
        call: label,
        answer,
        verdict,
        difference,
        output: running.output(),
        took,
    })
}

/// Whether an answer is what the case, or else its snapshot, expects.
pub(super) fn judged(
    case: &Case,
    call: &Call,
    number: usize,
    answer: &Answer,
    recording: Option<&mut Recording>,
) -> Result<(Verdict, Option<Difference>), Error> {
    if let (Expectation::Snapshot, Some(recording)) = (&call.expectation, recording) {
        return Ok(recording.add(number, &call.request.label(), answer));
    }
    let difference = call.expectation.check(answer, &case.place())?;
    let verdict = difference.as_ref().map_or(Verdict::Passed, |_| Verdict::Failed);
    Ok((verdict, difference))
}

/// The worst of everything.
fn verdict(outcome: &Outcome) -> Verdict {
    let start = outcome.start.as_ref().map(|_| Verdict::Failed);
    let snapshot = outcome.snapshot.as_ref().map(Snapshot::verdict);
    let calls = outcome.calls.iter().map(|call| call.verdict);
    let all = calls.chain(start).chain(snapshot);
    all.max().unwrap_or(Verdict::Passed)
}
