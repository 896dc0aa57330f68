//! A release whose code is compiled and linked: what instances are made from.

use std::sync::{Arc, OnceLock};

use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandIndices;
use wasmtime_wasi_http::p2::bindings::ProxyIndices;

use super::binding::{guest, state, types};
use super::debug::Debugging;
use super::exports::Exports;
use super::limit::places;
use super::lines::Lines;
use super::state::InstanceState;
use super::turns::{Seat, Turns};
use crate::capability::Clearance;
use crate::component::{Kind, Release};
use crate::error::Error;
use crate::event::Events;
use crate::interface::Sandbox;
use crate::usage::{Account, Starts};

/// What the instances of a release have to do with.
pub(crate) struct Surroundings {
    /// What they find.
    pub(crate) sandbox: Sandbox,
    /// What they may do.
    pub(crate) clearance: Clearance,
    /// What their component uses.
    pub(crate) account: Arc<Account>,
    /// The starts of the release's instances.
    pub(crate) starts: Arc<Starts>,
}

/// A release that instances can be made from.
pub(crate) struct Prepared {
    pub(super) pre: InstancePre<InstanceState>,
    pub(super) entries: Entries,
    /// What `init` is called with.
    pub(super) config: types::Config,
    /// Read at the first typed call.
    exports: OnceLock<Exports>,
    pub(crate) release: Arc<Release>,
    pub(super) events: Events,
    /// What its instances find.
    pub(super) sandbox: Sandbox,
    /// What they may do.
    pub(super) clearance: Clearance,
    /// What its component uses.
    pub(crate) account: Arc<Account>,
    /// How many of the instances that all components may have each of its instances counts as.
    pub(super) places: u64,
    /// The starts of its instances.
    pub(crate) starts: Arc<Starts>,
    pub(super) debugging: Arc<Debugging>,
    /// Whose turn it is to compute.
    turns: Arc<Turns>,
    /// The lines of a dev build, for the errors of its traps.
    pub(super) lines: Option<Arc<Lines>>,
}

/// Where a component's exports are, looked up once.
pub(super) enum Entries {
    Guest {
        guest: guest::GuestIndices,
        state: Option<state::GuestIndices>,
    },
    Http {
        proxy: ProxyIndices,
        state: Option<state::GuestIndices>,
    },
    Command(CommandIndices),
    /// Kinds that are called by their own exports only.
    Uncalled,
}

impl Prepared {
    pub(super) fn new(
        pre: InstancePre<InstanceState>,
        release: Arc<Release>,
        events: Events,
        around: Surroundings,
        (debugging, turns): (Arc<Debugging>, Arc<Turns>),
        lines: Option<Arc<Lines>>,
    ) -> Result<Self, Error> {
        let mistyped = |export: &str, error: wasmtime::Error| Error::MistypedExport {
            export: export.to_owned(),
            reason: error.root_cause().to_string(),
        };
        let state = || match release.has_state {
            true => state::GuestIndices::new(&pre)
                .map(Some)
                .map_err(|error| mistyped(crate::component::STATE, error)),
            false => Ok(None),
        };
        let entries = match release.kind {
            Kind::Guest => Entries::Guest {
                guest: guest::GuestIndices::new(&pre).map_err(|error| mistyped(crate::component::GUEST, error))?,
                state: state()?,
            },
            Kind::Http => Entries::Http {
                proxy: ProxyIndices::new(&pre).map_err(|error| mistyped(crate::component::INCOMING_HANDLER, error))?,
                state: state()?,
            },
            Kind::Command => {
                Entries::Command(CommandIndices::new(&pre).map_err(|error| mistyped(crate::component::RUN, error))?)
            }
            Kind::Library => Entries::Uncalled,
        };
        let config = serde_json::Value::Object(release.config.clone()).to_string();
        Ok(Self {
            places: places(pre.component()),
            pre,
            entries,
            config: types::Config { json: config },
            exports: OnceLock::new(),
            release,
            events,
            clearance: around.sandbox.clearance(around.clearance)?,
            sandbox: around.sandbox,
            account: around.account,
            starts: around.starts,
            debugging,
            turns,
            lines,
        })
    }

    /// A seat for one of its instances, in the line of its component.
    pub(super) fn seat(&self) -> Arc<Seat> {
        self.turns.seat(Arc::as_ptr(&self.account) as usize)
    }

    /// The component's exported functions.
    pub(super) fn exports(&self) -> &Exports {
        self.exports
            .get_or_init(|| Exports::of(self.pre.component(), self.pre.engine()))
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("release", &self.release.label())
            .finish_non_exhaustive()
    }
}
