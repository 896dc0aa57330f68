//! A release that is running: one store, and every way into the guest.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use wasmtime::component::Instance as Linked;
use wasmtime::{AsContextMut, Store, UpdateDeadline};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi_http::p2::bindings::Proxy;

use super::binding::{self, guest, state};
use super::call::{Answer, Call, Handled};
use super::debug;
use super::entrance::Entrance;
use super::limit::Limiter;
use super::metered::Metered;
use super::prepared::{Entries, Prepared};
use super::state::{InstanceState, Reach};
use crate::capability::Gate;
use crate::component::{AccessRequests, ComponentError, Health, MAX_MESSAGE_BYTES, Message, Release};
use crate::error::{Bounded, Error};
use crate::interface::{Capture, Files, Lines, Log, Network};
use crate::printable::printable_line;
use crate::usage::Meter;

/// The most bytes that a guest hands to the host in one call: a message, its metadata and what surrounds them.
pub(super) const HOSTCALL_FUEL: usize = MAX_MESSAGE_BYTES + (256 << 10);

/// The longest description, in bytes; it is recorded with the release.
const MAX_DESCRIPTION: usize = 4 << 10;

/// One instance of a release.
pub(crate) struct Instance {
    pub(super) store: Store<InstanceState>,
    pub(super) linked: Option<Linked>,
    pub(super) prepared: Arc<Prepared>,
    log: Log,
    /// The contract's functions, looked up and type-checked at the first entry.
    guest: Option<guest::Guest>,
    /// The same of a web API.
    http: Option<Proxy>,
    /// Set while the guest runs, and for good when it did not return in order: the instance must not be used again.
    broken: bool,
}

/// What a component says before it is deployed.
pub(crate) struct Introduction {
    pub(crate) description: String,
    pub(crate) requests: AccessRequests,
}

impl Instance {
    /// Makes an instance and runs its start functions, in an empty sandbox.
    pub(crate) async fn new(prepared: &Arc<Prepared>) -> Result<Self, Error> {
        let mut instance = Self::unlinked(prepared, |_| {})?;
        instance.link().await?;
        Ok(instance)
    }

    /// Makes an instance and initialises it with its release's configuration.
    pub(crate) async fn start(prepared: &Arc<Prepared>) -> Result<Self, Error> {
        prepared.starting(Self::start_anyway(prepared)).await
    }

    async fn start_anyway(prepared: &Arc<Prepared>) -> Result<Self, Error> {
        let mut instance = Self::new(prepared).await?;
        if let Some(guest) = instance.guest()? {
            let answer = instance
                .enter("init", async |store| guest.call_init(store, &prepared.config).await)
                .await?;
            answer.map_err(|error| Error::Guest(error.into()))?;
        }
        Ok(instance)
    }

    fn unlinked(
        prepared: &Arc<Prepared>,
        adapt: impl FnOnce(&mut wasmtime_wasi::WasiCtxBuilder),
    ) -> Result<Self, Error> {
        let release = &prepared.release;
        let meter = Meter::new(prepared.account.clone(), release.clone());
        let (output, error, log) = Lines::pair(&release.name, &prepared.events, meter.clone());
        let gate = Gate::new(prepared.clearance.clone(), release.clone(), prepared.events.clone());
        let gate = Arc::new(gate);
        let files = Files::new(gate.clone(), meter.clone(), &prepared.sandbox.own)?;
        let mut context = prepared.sandbox.context(output, error);
        adapt(&mut context);
        let network = Arc::new(Network::new(gate.clone(), meter, prepared.sandbox.outside.clone()));
        network.adapt(&mut context);
        let limits = &release.limits;
        let limiter = Limiter::new(limits, prepared.account.clone(), prepared.places);
        let limiter = limiter.map_err(|shortage| shortage.error(&release.name))?;
        let outside = Reach {
            network,
            files,
            log: log.clone(),
            seat: prepared.seat(),
        };
        let state = InstanceState::new(context.build(), gate, outside, (limits, limiter));
        let mut store = Store::new(prepared.pre.engine(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        store.set_max_component_handles(limits.handles as usize);
        store.epoch_deadline_callback(|mut store| {
            debug::sample(&mut store);
            let now = Instant::now();
            let state = store.data();
            Ok(if state.is_over(now) {
                UpdateDeadline::Interrupt
            } else if state.is_long(now) {
                UpdateDeadline::YieldCustom(1, Box::pin(state.seat.clone().take_turns()))
            } else {
                UpdateDeadline::Yield(1)
            })
        });
        Ok(Self {
            store,
            linked: None,
            prepared: prepared.clone(),
            log,
            guest: None,
            http: None,
            broken: false,
        })
    }

    async fn link(&mut self) -> Result<(), Error> {
        let prepared = self.prepared.clone();
        let linked = self.enter("the start function", async |store| {
            prepared.pre.instantiate_async(store).await
        });
        self.linked = Some(linked.await?);
        Ok(())
    }

    /// Enters the guest; see [`Entrance`].
    pub(super) async fn enter<R>(
        &mut self,
        entry: &str,
        run: impl AsyncFnOnce(&mut Store<InstanceState>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        let entered = self.entrance().enter(entry, Instant::now(), run).await;
        entered.map_err(|error| *error)
    }

    fn entrance(&mut self) -> Entrance<'_> {
        Entrance {
            store: &mut self.store,
            prepared: &self.prepared,
            log: &self.log,
            broken: &mut self.broken,
        }
    }

    /// Whether the guest returned in order from every entry.
    pub(crate) fn is_usable(&self) -> bool {
        !self.broken
    }

    /// Whether a new instance would find other directories than this one.
    pub(crate) fn is_outdated(&self) -> bool {
        self.store.data().has_other_directories()
    }

    /// The release that this is an instance of.
    pub(crate) fn release(&self) -> &Release {
        &self.prepared.release
    }

    /// Handles one call.
    /// The call is lent; what of it is used up is taken out.
    /// `now` was read just before: reading the clock takes 20 ns, of which a short call has few.
    pub(crate) async fn handle(&mut self, call: &mut Call, answer: &mut Answer, now: Instant) -> Handled {
        self.begin_profile();
        let handled = match call {
            Call::Message(message) => self.execute(message, answer, now).await,
            Call::Request(_) => self.take_request(call, answer, now).await,
            Call::Invocations(invocations) => {
                *answer = Answer::Values(self.invoke_all(invocations).await);
                Ok(())
            }
        };
        self.end_profile();
        handled
    }

    async fn take_request(&mut self, call: &mut Call, answer: &mut Answer, now: Instant) -> Handled {
        match call.take() {
            Call::Request(exchange) => self.serve(*exchange, answer, now).await,
            _ => Err(self.not_callable().into()),
        }
    }

    async fn execute(&mut self, message: &mut Message, answer: &mut Answer, now: Instant) -> Handled {
        let input = std::mem::take(message).into();
        self.load_guest()?;
        // Borrowed beside the entrance, so that no call copies all functions of the contract.
        let Some(guest) = &self.guest else {
            return Err(self.not_callable().into());
        };
        let entrance = Entrance {
            store: &mut self.store,
            prepared: &self.prepared,
            log: &self.log,
            broken: &mut self.broken,
        };
        let mut refused = Ok(());
        let enter = entrance.enter("execute", now, async |store| {
            match guest.call_execute(store, &input).await? {
                Ok(message) => match within_limit(Bounded::Answer, message.body.len()) {
                    Ok(()) => *answer = Answer::Message(Metered::new(message.into(), None)),
                    Err(error) => refused = Err(error.into()),
                },
                Err(error) => refused = Err(Error::Guest(error.into()).into()),
            }
            Ok(())
        });
        enter.await?;
        // What it took is known when the guest has returned.
        if let Answer::Message(message) = answer {
            message.fuel = self.store.data().fuel;
        }
        refused
    }

    fn begin_profile(&mut self) {
        if let Some(profiler) = self.prepared.profiler() {
            self.store.data_mut().profiler = Some(profiler);
        }
    }

    fn end_profile(&mut self) {
        if let Some(profiler) = self.store.data_mut().profiler.take() {
            self.prepared.profiled(profiler);
        }
    }

    /// Runs a command: the message's body is its standard input, what it writes is the answer.
    pub(crate) async fn run(prepared: &Arc<Prepared>, message: Message) -> Result<Metered<Message>, Error> {
        let Entries::Command(indices) = &prepared.entries else {
            return Err(not_callable(&prepared.release));
        };
        let output = Capture::new(MAX_MESSAGE_BYTES);
        let mut instance = Self::unlinked(prepared, |context| {
            context
                .stdin(MemoryInputPipe::new(Bytes::from(message.body)))
                .stdout(output.clone());
        })?;
        prepared.starting(instance.link()).await?;
        let loaded = instance
            .linked
            .as_ref()
            .map(|linked| indices.load(&mut instance.store, linked));
        let Some(Ok(command)) = loaded else {
            return Err(not_callable(&prepared.release));
        };
        instance.begin_profile();
        let ended = instance
            .enter("run", async move |store| command.wasi_cli_run().call_run(store).await)
            .await;
        instance.end_profile();
        let written = output.take();
        match ended {
            Ok(Ok(())) | Err(Error::Exit { status: 0 }) => {}
            Ok(Err(())) => return Err(Error::Exit { status: 1 }),
            Err(error) => return Err(error),
        }
        let excess = || Error::too_large(Bounded::Output, MAX_MESSAGE_BYTES + 1, MAX_MESSAGE_BYTES);
        let body = written.ok_or_else(excess)?;
        let message = match std::str::from_utf8(&body) {
            Ok(_) => Message {
                content_type: Message::text("").content_type,
                ..Message::bytes(body)
            },
            Err(_) => Message::bytes(body),
        };
        Ok(Metered::new(message, instance.store.data().fuel))
    }

    /// Asks the component how it is; components that cannot say are healthy.
    pub(crate) async fn health(&mut self) -> Result<Health, Error> {
        match self.guest()? {
            Some(guest) => {
                let health = self.enter("health-status", async move |store| {
                    guest.call_health_status(store).await
                });
                Ok(bounded(health.await?.into()))
            }
            None => Ok(Health::Healthy),
        }
    }

    /// What the component says of itself and asks for; called on an instance that was not initialised.
    pub(crate) async fn introduce(&mut self) -> Result<Introduction, Error> {
        let mut introduction = Introduction {
            description: String::new(),
            requests: self.release().requests.clone(),
        };
        self.check_types()?;
        if let Some(guest) = self.guest()? {
            let metadata = self
                .enter("metadata", async |store| guest.call_metadata(store).await)
                .await?;
            within(Bounded::Description, metadata.description.len(), MAX_DESCRIPTION)?;
            introduction.description = metadata.description;
        }
        if let Some(guest) = self.guest()? {
            let asked = self.enter("required-capabilities", async |store| {
                guest.call_required_capabilities(store).await
            });
            binding::add_requests(&mut introduction.requests, asked.await?)?;
        }
        Ok(introduction)
    }

    /// The state of the component; none when it keeps none.
    pub(crate) async fn save(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(state) = self.state()? else { return Ok(None) };
        let saved = self
            .enter("save", async move |store| state.call_save(store).await)
            .await?;
        within_limit(Bounded::State, saved.len())?;
        Ok(Some(saved))
    }

    /// Hands over what an instance of release `from_version` saved.
    pub(crate) async fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), Error> {
        let Some(state) = self.state()? else { return Ok(()) };
        let restored = self
            .enter("restore", async |store| {
                state.call_restore(store, from_version, saved).await
            })
            .await?;
        restored.map_err(|error| Error::Guest(error.into()))
    }

    /// Ends the instance; what the guest says to it is only passed on.
    pub(crate) async fn shutdown(mut self) -> Result<(), Error> {
        let Some(guest) = self.guest()? else { return Ok(()) };
        let ended = self
            .enter("shutdown", async move |store| guest.call_shutdown(store).await)
            .await?;
        ended.map_err(|error: binding::types::ComponentError| Error::Guest(ComponentError::from(error)))
    }

    /// Refuses a component whose entries have other types than the contract's.
    fn check_types(&mut self) -> Result<(), Error> {
        self.guest()?;
        self.state()?;
        if let (Entries::Command(indices), Some(linked)) = (&self.prepared.entries, &self.linked) {
            let loaded = indices.load(&mut self.store, linked);
            loaded.map_err(|error| mistyped(crate::component::RUN, &error))?;
        }
        self.load_http()
    }

    /// Looks up the function that takes requests, where there is one.
    pub(super) fn load_http(&mut self) -> Result<(), Error> {
        if let (None, Entries::Http { proxy, .. }, Some(linked)) = (&self.http, &self.prepared.entries, &self.linked) {
            let loaded = proxy.load(&mut self.store, linked);
            self.http = Some(loaded.map_err(|error| mistyped(crate::component::INCOMING_HANDLER, &error))?);
        }
        Ok(())
    }

    /// The function that takes requests, and the way to it.
    pub(super) fn http_entrance(&mut self) -> Option<(&Proxy, Entrance<'_>)> {
        let entrance = Entrance {
            store: &mut self.store,
            prepared: &self.prepared,
            log: &self.log,
            broken: &mut self.broken,
        };
        Some((self.http.as_ref()?, entrance))
    }

    /// Keeps it from being used again.
    pub(super) fn discard(&mut self) {
        self.broken = true;
    }

    fn guest(&mut self) -> Result<Option<guest::Guest>, Error> {
        self.load_guest()?;
        Ok(self.guest.clone())
    }

    fn load_guest(&mut self) -> Result<(), Error> {
        if let (None, Entries::Guest { guest, .. }, Some(linked)) = (&self.guest, &self.prepared.entries, &self.linked)
        {
            let loaded = guest.load(self.store.as_context_mut(), linked);
            self.guest = Some(loaded.map_err(|error| mistyped(crate::component::GUEST, &error))?);
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Option<state::Guest>, Error> {
        match (&self.prepared.entries, &self.linked) {
            (Entries::Guest { state: Some(state), .. } | Entries::Http { state: Some(state), .. }, Some(linked)) => {
                state
                    .load(self.store.as_context_mut(), linked)
                    .map(Some)
                    .map_err(|error| mistyped(crate::component::STATE, &error))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn not_callable(&self) -> Error {
        not_callable(&self.prepared.release)
    }
}

/// What the component says of its health, as it can be recorded and shown.
fn bounded(health: Health) -> Health {
    const MOST: usize = 1_000;
    let cut = |text: String| printable_line(&text.chars().take(MOST).collect::<String>());
    match health {
        Health::Degraded(reason) => Health::Degraded(cut(reason)),
        Health::Unhealthy(reason) => Health::Unhealthy(cut(reason)),
        Health::Healthy => Health::Healthy,
    }
}

fn not_callable(release: &Release) -> Error {
    Error::NotCallable {
        name: release.name.clone(),
        kind: release.kind,
    }
}

/// The names of exports were looked at when the release was prepared; their types are, in an instance.
fn mistyped(export: &str, error: &wasmtime::Error) -> Error {
    Error::MistypedExport {
        export: export.to_owned(),
        reason: error.root_cause().to_string(),
    }
}

/// Refuses what is larger than a message may be.
pub(crate) fn within_limit(what: Bounded, size: usize) -> Result<(), Error> {
    within(what, size, MAX_MESSAGE_BYTES)
}

fn within(what: Bounded, size: usize, limit: usize) -> Result<(), Error> {
    if size > limit {
        return Err(Error::too_large(what, size, limit));
    }
    Ok(())
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("release", &self.release().label())
            .field("broken", &self.broken)
            .finish()
    }
}
