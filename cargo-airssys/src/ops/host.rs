//! The host of a state directory: the one that owns it already, or one inside this program for the length of a command.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;

pub(crate) use super::interrupt::Answered;
use super::state::StatePlace;
use crate::exit::{Exit, Failure};
use airssys_wasm::control::{self, Client, Server};
use airssys_wasm::{Compiler, Error, Host};

pub(crate) use airssys_wasm::control::Listener;

/// How long a command waits for a host that owns the state directory and cannot be reached: one that starts or ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits between two attempts.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// How a host is set up beside what its state directory says: what it records of its guests, and what it has for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// Where core dumps of traps go.
    pub(crate) core_dumps: Option<PathBuf>,
    /// Whether calls are profiled.
    pub(crate) profiles: bool,
    /// Whether guests are shown what they do not ask for, so that it is told.
    pub(crate) learns: bool,
    /// How many calls may run or wait, where that is said.
    pub(crate) max_calls: Option<u32>,
}

/// Where a host compiles components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compiling {
    /// In processes of their own, because anybody may have made the components.
    #[default]
    Aside,
    /// In this process: the components are what this program has just built.
    Here,
}

/// Which host does the work.
enum Found {
    /// The one that owns the state directory.
    Beside(Client),
    /// One in this process.
    Own(Host),
}

/// Does `work` on the host that owns the state directory, or else on one in this process, which others can reach for as
/// long as it is open, and which is closed in every case, so that actors keep their state.
///
/// Ctrl-C ends `work`; a deployment whose calls were switched already stays, and one in another process goes on.
pub(crate) fn with<T>(
    place: &StatePlace,
    listener: Listener,
    work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> anyhow::Result<T> {
    with_setting(place, listener, Setting::default(), work)
}

/// [`with`] on a host that records; another process's host does not, so that a record is refused beside one.
pub(crate) fn with_setting<T>(
    place: &StatePlace,
    listener: Listener,
    setting: Setting,
    work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> anyhow::Result<T> {
    place.create()?;
    let records = setting.profiles || setting.core_dumps.is_some();
    run(async |answered| match find(place, &listener, setting).await? {
        Found::Beside(_) if records => Err(recorded_elsewhere().into()),
        Found::Beside(_) if place.policy_is_typed => Err(ruled_elsewhere().into()),
        Found::Beside(client) => {
            let help = "what was asked for goes on in the host that runs it; `{cli} status` shows what comes of it";
            until_pressed(answered, work(&client), help).await
        }
        Found::Own(host) => {
            // A host that cannot be reached from outside does its own work as well.
            let server = control::listen(&host).await.ok();
            let client = Client::here(host.clone());
            let help = "`{cli} status` shows what is deployed; run the command again if it should go on";
            let outcome = until_pressed(answered, work(&client), help).await;
            match server {
                // What others have asked for by then is done as well.
                Some(server) if outcome.is_ok() => server.finish().await,
                Some(server) => return close(&host, server, outcome).await,
                None => {}
            }
            shut_down(&host, outcome).await
        }
    })
}

/// [`with`] for what needs no new state: where nothing was ever deployed, `otherwise` answers and nothing is made.
pub(crate) fn with_existing<T>(
    place: &StatePlace,
    listener: Listener,
    work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    otherwise: impl FnOnce() -> Result<T, Error>,
) -> anyhow::Result<T> {
    if place.exists() {
        with(place, listener, work)
    } else {
        Ok(otherwise()?)
    }
}

/// Follows the host that owns the state directory, until `work` ends or the person has seen enough.
pub(crate) fn beside(
    place: &StatePlace,
    listener: Listener,
    work: impl AsyncFnOnce(&Client) -> Result<(), Error>,
) -> anyhow::Result<()> {
    run(async |answered| {
        let client = Client::connect(&place.directory, listener).await?;
        tokio::select! {
            outcome = work(&client) => Ok(outcome?),
            () = answered.pressed() => Ok(()),
        }
    })
}

/// Does `work` on a host that nobody else reaches.
pub(crate) fn alone<T>(place: &StatePlace, work: impl AsyncFnOnce(&Host) -> Result<T, Error>) -> anyhow::Result<T> {
    place.create()?;
    run(async |answered| {
        let host = open(place, &quiet(), Compiling::Aside, Setting::default()).await?;
        let help = "nothing was changed; run the command again";
        let outcome = until_pressed(answered, work(&host), help).await;
        shut_down(&host, outcome).await
    })
}

/// Does `work` without a host.
pub(crate) fn aside<T>(work: impl AsyncFnOnce() -> Result<T, Error>) -> anyhow::Result<T> {
    run(async |answered| until_pressed(answered, work(), "run the command again").await)
}

/// Owns the state directory while `work` runs, which others can reach meanwhile: then it takes no more requests, lets those
/// under way finish, and saves the states of actors.
pub(crate) fn serve<T>(
    place: &StatePlace,
    listener: Listener,
    compiling: Compiling,
    setting: Setting,
    work: impl AsyncFnOnce(&Host, &Answered) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    place.create()?;
    run(async |answered| {
        let host = own(place, &listener, compiling, setting).await?;
        let server = control::listen(&host).await?;
        let outcome = work(&host, answered).await;
        close(&host, server, outcome).await
    })
}

/// This program itself, in a process of its own.
pub(crate) fn compiler() -> Compiler {
    std::env::current_exe().map_or(Compiler::InProcess, Compiler::Process)
}

/// What a command ends with that was interrupted.
pub(crate) fn interrupted(help: &str) -> Failure {
    Failure::new(Exit::Interrupted, "interrupted", "interrupted", help)
}

/// A listener for what is of no interest.
pub(crate) fn quiet() -> Listener {
    std::sync::Arc::new(|_| {})
}

/// How many tasks have their turn before it is looked what has come from outside.
const EVENTS: u32 = 5;

fn run<T>(work: impl AsyncFnOnce(&Answered) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .enable_all()
        // While guests compute on all processors, there are threads for those who are done soon.
        .worker_threads(2 * processors)
        // A guest that computes has a thread for a slice at a time; what comes from outside is looked at after a few of
        // those, and not after the usual 61.
        .event_interval(EVENTS)
        .global_queue_interval(EVENTS)
        .build()
        .context("the asynchronous runtime could not be started")?;
    let answered = Answered::by_host();
    runtime.block_on(work(&answered))
}

async fn until_pressed<T>(
    answered: &Answered,
    work: impl Future<Output = Result<T, Error>>,
    help: &str,
) -> anyhow::Result<T> {
    tokio::select! {
        outcome = work => outcome.map_err(anyhow::Error::from),
        () = answered.pressed() => Err(interrupted(help).into()),
    }
}

/// The host that owns the state directory, or one in this process when nobody does.
async fn find(place: &StatePlace, listener: &Listener, setting: Setting) -> anyhow::Result<Found> {
    let begin = Instant::now();
    let mut pause = tokio::time::interval(PAUSE);
    loop {
        pause.tick().await;
        match Client::connect(&place.directory, listener.clone()).await {
            Err(Error::Unreachable { .. }) => {}
            found => return Ok(Found::Beside(found?)),
        }
        match open(place, listener, Compiling::Aside, setting.clone()).await {
            Err(Error::StateInUse { .. }) if begin.elapsed() < PATIENCE => {}
            opened => return Ok(Found::Own(opened?)),
        }
    }
}

/// A host in this process; one that is just ending is waited for.
async fn own(place: &StatePlace, listener: &Listener, compiling: Compiling, setting: Setting) -> Result<Host, Error> {
    let begin = Instant::now();
    let mut pause = tokio::time::interval(PAUSE);
    loop {
        pause.tick().await;
        match open(place, listener, compiling, setting.clone()).await {
            Err(Error::StateInUse { .. }) if begin.elapsed() < PATIENCE => {}
            opened => return opened,
        }
    }
}

async fn open(place: &StatePlace, listener: &Listener, compiling: Compiling, setting: Setting) -> Result<Host, Error> {
    let compiler = match compiling {
        Compiling::Aside => compiler(),
        Compiling::Here => Compiler::InProcess,
    };
    let listener = listener.clone();
    let mut builder = Host::builder()
        .state_dir(place.directory.clone())
        .cache_key_file(place.key_file())
        .versioning(place.versioning)
        .compiler(compiler)
        // What is compiled here changes a little at a time.
        .incremental(compiling == Compiling::Here)
        .on_event(move |event| listener(&event));
    if let Some(directory) = setting.core_dumps {
        builder = builder.core_dumps(directory);
    }
    if setting.profiles {
        builder = builder.profile_calls();
    }
    if let Some(calls) = setting.max_calls {
        builder = builder.call_budget(calls);
    }
    if let Some(policy) = &place.policy {
        builder = builder.policy_file(policy.clone());
    }
    if let Some(project) = &place.project {
        builder = builder.project(project.clone());
    }
    // Who works on a project is shown what its components try.
    builder = builder.learn(setting.learns || place.project.is_some());
    builder.build().await
}

/// Closes a host at once: what others have asked for is told that, and their calls in flight finish.
async fn close<T>(host: &Host, server: Server, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
    let (outcome, ()) = tokio::join!(shut_down(host, outcome), server.finish());
    outcome
}

/// Ends the calls and saves the states; what the work failed with says more than what this failed with afterwards.
async fn shut_down<T>(host: &Host, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
    let closed = host.shutdown().await;
    let done = outcome?;
    closed?;
    Ok(done)
}

fn recorded_elsewhere() -> Failure {
    let message = "a running host owns the state directory, and `--coredump` and `--profile` need a host of their own";
    let help = "end that host first, or call without them";
    Failure::usage("needs-own-host", message, help)
}

fn ruled_elsewhere() -> Failure {
    let message =
        "a running host owns the state directory, and it has its own policy, so that `--policy` says nothing to it";
    let help = "leave `--policy` out and change what that host reads, or use `{cli} permission grant`";
    Failure::usage("needs-own-host", message, help)
}
