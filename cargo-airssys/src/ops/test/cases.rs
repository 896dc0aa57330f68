//! Runs cases against a built component.

use anyhow::Context as _;

use super::report::Ended;
use crate::exit::sentence;
use crate::ops::host::{compiler, interrupted};
use crate::ops::interrupt::Answered;
use crate::ops::learn::Lesson;
use airssys_wasm::capability::Policy;
use airssys_wasm::testing::{Case, Component, Error, Outcome};

/// Runs all cases, several at the same time; the result is in their order.
/// Ctrl-C ends them, and what they keep in temporary folders is removed.
pub(crate) fn run(
    bytes: Vec<u8>,
    cases: Vec<Case>,
    policy: Policy,
    lesson: Option<Lesson>,
) -> anyhow::Result<Vec<Ended>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime could not be started")?;
    let named: Vec<_> = cases.iter().map(|case| (case.name(), case.path().to_owned())).collect();
    let answered = Answered::by_host();
    let outcomes = runtime.block_on(async {
        tokio::select! {
            outcomes = outcomes(bytes, cases, policy, lesson) => outcomes,
            () = answered.pressed() => Err(interrupted("run the command again if it should go on").into()),
        }
    })?;
    let ended = named.into_iter().zip(outcomes).map(|((name, path), result)| Ended {
        name,
        path,
        result: result.map_err(|error| sentence(&error.into())),
    });
    Ok(ended.collect())
}

async fn outcomes(
    bytes: Vec<u8>,
    cases: Vec<Case>,
    policy: Policy,
    lesson: Option<Lesson>,
) -> anyhow::Result<Vec<Result<Outcome, Error>>> {
    let component = Component::compiled_by(bytes, compiler()).await;
    let component = component.map_err(|error| match error {
        // As what it is, it gets the exit code and the help that it has everywhere.
        Error::Host(error) => anyhow::Error::from(error),
        error => error.into(),
    })?;
    let mut component = component.under(policy);
    if let Some(lesson) = lesson {
        component = component.learning(move |event| lesson.keep(&event));
    }
    let mut outcomes = component.run_all(cases).await;
    let is_denied =
        |outcome: &Result<Outcome, Error>| matches!(outcome, Err(Error::Host(airssys_wasm::Error::NotGranted { .. })));
    // It is the same in every case, and says nothing of the component's answers.
    if let Some(place) = outcomes.iter().position(is_denied)
        && let Err(Error::Host(error)) = outcomes.swap_remove(place)
    {
        return Err(error.into());
    }
    Ok(outcomes)
}
