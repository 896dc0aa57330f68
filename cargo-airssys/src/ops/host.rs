//! The host that runs inside this program for the length of one command.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::interrupt::Answered;
use super::state::StatePlace;
use crate::exit::{Exit, Failure};
use airssys_wasm::{Compiler, Error, Event, Host};

/// Receives what the host tells.
pub(crate) type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// What a host records of its guests beside what it tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    /// Where core dumps of traps go.
    pub(crate) core_dumps: Option<PathBuf>,
    /// Whether calls are profiled.
    pub(crate) profiles: bool,
}

/// Opens the state, does `work`, and closes it in every case, so that actors keep their state.
/// Ctrl-C ends `work`; a deployment whose calls were switched already stays.
pub(crate) fn with<T>(
    place: &StatePlace,
    listener: Listener,
    work: impl AsyncFnOnce(&Host) -> Result<T, Error>,
) -> anyhow::Result<T> {
    with_recording(place, listener, Recording::default(), work)
}

/// [`with`] on a host that records.
pub(crate) fn with_recording<T>(
    place: &StatePlace,
    listener: Listener,
    recording: Recording,
    work: impl AsyncFnOnce(&Host) -> Result<T, Error>,
) -> anyhow::Result<T> {
    place.create()?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .enable_all()
        .build()
        .context("the asynchronous runtime could not be started")?;
    let answered = Answered::by_host();
    runtime.block_on(async {
        let mut builder = Host::builder()
            .state_dir(place.directory.clone())
            .cache_key_file(place.key_file())
            .versioning(place.versioning)
            .compiler(compiler())
            .on_event(move |event| listener(&event));
        if let Some(directory) = recording.core_dumps {
            builder = builder.core_dumps(directory);
        }
        if recording.profiles {
            builder = builder.profile_calls();
        }
        let host = builder.build().await?;
        let outcome = tokio::select! {
            outcome = work(&host) => outcome.map_err(anyhow::Error::from),
            () = answered.pressed() => {
                let help = "`{cli} status` shows what is deployed; run the command again if it should go on";
                Err(interrupted(help).into())
            }
        };
        let closed = host.shutdown().await;
        // What the work failed with says more than what closing failed with afterwards.
        let done = outcome?;
        closed?;
        Ok(done)
    })
}

/// [`with`] for what needs no new state: where nothing was ever deployed, `otherwise` answers and nothing is made.
pub(crate) fn with_existing<T>(
    place: &StatePlace,
    listener: Listener,
    work: impl AsyncFnOnce(&Host) -> Result<T, Error>,
    otherwise: impl FnOnce() -> Result<T, Error>,
) -> anyhow::Result<T> {
    if place.exists() {
        with(place, listener, work)
    } else {
        Ok(otherwise()?)
    }
}

/// This program itself, in a process of its own.
pub(crate) fn compiler() -> Compiler {
    std::env::current_exe().map_or(Compiler::InProcess, Compiler::Process)
}

/// What a command ends with that was interrupted.
pub(crate) fn interrupted(help: &str) -> Failure {
    Failure::new(Exit::Interrupted, "interrupted", "interrupted", help)
}
