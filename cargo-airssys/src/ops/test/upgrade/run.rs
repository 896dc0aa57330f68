//! Has cases drive an upgrade.

use std::time::Instant;

use anyhow::Context as _;
use semver::Version;

use super::report::{Driven, UpgradeReport};
use crate::exit::sentence;
use crate::ops::host::{compiler, interrupted};
use crate::ops::interrupt::Answered;
use airssys_wasm::capability::Policy;
use airssys_wasm::component::ComponentName;
use airssys_wasm::testing::{Case, Component, Error, Upgrade};

/// A release of an upgrade.
#[derive(Debug)]
pub(crate) struct Side {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Its version, when something else than the bytes says it.
    pub(crate) version: Option<Version>,
    /// How the person named it; none for what is built now.
    pub(crate) said: Option<String>,
}

/// Has one case after the other drive the upgrade, so that each is measured alone; both releases are granted `policy`.
/// Ctrl-C ends them, and what they keep in temporary folders is removed.
pub(crate) fn run(
    name: Option<&ComponentName>,
    from: Side,
    to: Side,
    cases: Vec<Case>,
    policy: Policy,
    begun: impl Fn(&Case),
) -> anyhow::Result<UpgradeReport> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime could not be started")?;
    let answered = Answered::by_host();
    runtime.block_on(async {
        tokio::select! {
            report = driven(name, [from, to], cases, policy, begun) => report,
            () = answered.pressed() => Err(interrupted("run the command again if it should go on").into()),
        }
    })
}

async fn driven(
    name: Option<&ComponentName>,
    [from, to]: [Side; 2],
    cases: Vec<Case>,
    policy: Policy,
    begun: impl Fn(&Case),
) -> anyhow::Result<UpgradeReport> {
    let begin = Instant::now();
    let old = Component::compiled_by(from.bytes, compiler()).await;
    let old = at(old.map_err(|error| of("old", error))?, from.version);
    let new = old.successor(to.bytes).await;
    let new = at(new.map_err(|error| of("new", error))?, to.version);
    let upgrade = Upgrade::new(old.under(policy.clone()), new.under(policy)).await?;
    let mut driven = Vec::new();
    for case in cases {
        begun(&case);
        driven.push(Driven {
            name: case.name(),
            path: case.path().to_owned(),
            result: upgrade.run(&case).await.map_err(|error| sentence(&error.into())),
        });
    }
    Ok(UpgradeReport {
        component: name.cloned(),
        from: (upgrade.from().clone(), from.said),
        to: (upgrade.to().clone(), to.said),
        compatibility: upgrade.compatibility().clone(),
        allows_breaking: false,
        cases: driven,
        took: begin.elapsed(),
    })
}

fn at(component: Component, version: Option<Version>) -> Component {
    match version {
        Some(version) => component.at(version),
        None => component,
    }
}

/// Says which release cannot be used.
fn of(which: &'static str, error: Error) -> Error {
    match error {
        Error::Host(reason) => Error::Release { which, reason },
        error => error,
    }
}
