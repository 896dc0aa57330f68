//! What a store holds beside the guest: its WASI contexts, its resources, its limits and its deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wasmtime::GuestProfiler;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::limit::Limiter;
use super::turns::{SOON, Seat};
use crate::capability::Gate;
use crate::component::Limits;
use crate::interface::{Files, FilesView, Held, Log, Network, Outgoing, Sockets, SocketsView, View, http_context};

/// The host's side of one instance.
pub(crate) struct InstanceState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    // Dropped before the table, so that no request looks ended because its instance is gone.
    http_requests: Outgoing,
    http_held: Held,
    sockets: Sockets,
    gate: Arc<Gate>,
    log: Log,
    files: Files,
    pub(super) table: ResourceTable,
    pub(super) limiter: Limiter,
    /// When the present entry into the guest has to end.
    pub(super) deadline: Option<Instant>,
    /// When the present entry has begun.
    began: Option<Instant>,
    /// Where it has its turn to compute.
    pub(super) seat: Arc<Seat>,
    /// How often the present entry has called the host, and how often one may.
    /// Only the guest's own thread counts, so that no two are added at once.
    host_calls: AtomicU64,
    most_host_calls: u64,
    /// What the last entry has used, where that is metered.
    pub(super) fuel: Option<u64>,
    /// Records where the guest spends its time, while a call is profiled.
    pub(super) profiler: Option<Box<GuestProfiler>>,
}

/// What an instance has to do with, beside its gate.
pub(super) struct Reach {
    pub(super) network: Arc<Network>,
    pub(super) files: Files,
    pub(super) log: Log,
    pub(super) seat: Arc<Seat>,
}

impl InstanceState {
    pub(super) fn new(wasi: WasiCtx, gate: Arc<Gate>, reach: Reach, (limits, limiter): (&Limits, Limiter)) -> Self {
        let Reach {
            network,
            files,
            log,
            seat,
        } = reach;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles as usize);
        Self {
            wasi,
            http: http_context(),
            http_held: Held::default(),
            http_requests: Outgoing::new(network.clone()),
            sockets: Sockets::new(network),
            gate,
            log,
            files,
            table,
            limiter,
            deadline: None,
            began: None,
            seat,
            host_calls: AtomicU64::new(0),
            most_host_calls: limits.host_calls,
            fuel: None,
            profiler: None,
        }
    }

    /// Begins an entry into the guest, which has to end by then.
    pub(super) fn begin_entry(&mut self, now: Instant, deadline: Instant) {
        self.began = Some(now);
        self.limiter.take_refused();
        self.deadline = Some(deadline);
        *self.host_calls.get_mut() = 0;
    }

    /// Whether the guest has to be stopped.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline.is_none_or(|deadline| now >= deadline) || self.host_calls() > self.most_host_calls
    }

    /// Whether the present entry has run for so long that it takes turns.
    pub(super) fn is_long(&self, now: Instant) -> bool {
        self.began
            .is_some_and(|began| now.saturating_duration_since(began) >= SOON)
    }

    /// How often the present entry has called the host.
    pub(super) fn host_calls(&self) -> u64 {
        self.host_calls.load(Ordering::Relaxed)
    }

    /// Counts a call of the guest to the host: each asks once for what it works on.
    /// It is stopped when its epoch ends next, because asking cannot fail.
    fn count(&self) {
        let count = self.host_calls();
        self.host_calls.store(count + 1, Ordering::Relaxed);
    }
}

impl InstanceState {
    /// Whether a new instance would find other directories than this one.
    pub(super) fn has_other_directories(&self) -> bool {
        self.files.are_outdated()
    }
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.count();
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for InstanceState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.count();
        WasiHttpCtxView {
            hooks: &mut self.http_requests,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

impl View for InstanceState {
    fn gate(&self) -> &Arc<Gate> {
        self.count();
        &self.gate
    }

    fn log(&self) -> &Log {
        self.count();
        &self.log
    }

    fn files(&mut self) -> FilesView<'_> {
        self.count();
        self.files.view(&mut self.table)
    }

    fn held(&mut self) -> (&mut Held, &mut ResourceTable) {
        (&mut self.http_held, &mut self.table)
    }

    fn network(&mut self) -> SocketsView<'_> {
        self.count();
        SocketsView {
            inner: WasiSocketsCtxView {
                ctx: self.wasi.sockets(),
                table: &mut self.table,
            },
            sockets: &mut self.sockets,
        }
    }
}
