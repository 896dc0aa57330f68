//! Runs a case: start, calls in their order, end.

use std::time::Instant;

use serde_json::Value;

use super::answer::Answer;
use super::case::{Call, Case};
use super::component::Component;
use super::error::Error;
use super::expectation::Expectation;
use super::outcome::{CallOutcome, Difference, Outcome, Verdict};
use super::request::Request;
use super::snapshot::{Recording, Snapshot};
use super::start::{Refused, Running};
use crate::component::Message;
use crate::typed::Invocation;

/// Runs a case in a host of its own.
pub(super) async fn run(component: &Component, case: &Case) -> Result<Outcome, Error> {
    let begin = Instant::now();
    let start = component.start();
    let start = start.surroundings(&case.source, case.config.as_ref(), case.folder(), &case.directories);
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
    let answer = answer(running, &call.request, case).await?;
    let took = begin.elapsed();
    let (verdict, difference) = match (&call.expectation, recording) {
        (Expectation::Snapshot, Some(recording)) => recording.add(number, &label, &answer),
        (expectation, _) => {
            let difference = expectation.check(&answer, case.folder())?;
            let verdict = match difference {
                Some(_) => Verdict::Failed,
                None => Verdict::Passed,
            };
            (verdict, difference)
        }
    };
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

async fn answer(running: &mut Running, request: &Request, case: &Case) -> Result<Answer, Error> {
    match request {
        Request::Message {
            body,
            content_type,
            metadata,
        } => {
            let mut message: Message = body.message(case.folder())?;
            if let Some(content_type) = content_type {
                message.content_type.clone_from(content_type);
            }
            message.metadata.clone_from(metadata);
            Ok(running.call(message).await)
        }
        Request::Wave(call) => Ok(running.invoke(call).await),
        Request::Json(export, Value::Object(arguments)) => {
            let invocation = Invocation::json_by_name(export.as_str(), arguments.clone());
            Ok(running.invoke_with(invocation).await)
        }
        Request::Json(export, arguments) => {
            let arguments = arguments.as_array().cloned().unwrap_or_default();
            Ok(running.invoke_with(Invocation::json(export.as_str(), arguments)).await)
        }
    }
}

/// The worst of everything.
fn verdict(outcome: &Outcome) -> Verdict {
    let start = outcome.start.as_ref().map(|_| Verdict::Failed);
    let snapshot = outcome.snapshot.as_ref().map(Snapshot::verdict);
    let calls = outcome.calls.iter().map(|call| call.verdict);
    let all = calls.chain(start).chain(snapshot);
    all.max().unwrap_or(Verdict::Passed)
}
