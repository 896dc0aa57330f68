//! Runs cases against a built component.

use anyhow::Context as _;

use super::report::Ended;
use airssys_wasm::testing::{Case, Component, Error};

/// Runs all cases, several at the same time; the result is in their order.
pub(crate) fn run(bytes: Vec<u8>, cases: Vec<Case>) -> anyhow::Result<Vec<Ended>> {
    let component = Component::new(bytes).map_err(|error| match error {
        // As what it is, it gets the exit code and the help that it has everywhere.
        Error::Host(error) => anyhow::Error::from(error),
        error => error.into(),
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime could not be started")?;
    let named: Vec<_> = cases.iter().map(|case| (case.name(), case.path().to_owned())).collect();
    let outcomes = runtime.block_on(component.run_all(cases));
    let ended = named.into_iter().zip(outcomes).map(|((name, path), result)| Ended {
        name,
        path,
        result: result.map_err(|error| said(&error)),
    });
    Ok(ended.collect())
}

/// An error and its causes in a line.
fn said(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
