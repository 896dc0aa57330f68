//! What a store holds beside the guest: its WASI contexts, its resources, its limits and its deadline.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::GuestProfiler;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::limit::Limiter;
use crate::capability::Gate;
use crate::interface::{Files, FilesView, Log, Network, Outgoing, Sockets, SocketsView, View, http_context};

/// The most resources that a guest holds at the same time.
const MAX_RESOURCES: usize = 4_096;

/// The host's side of one instance.
pub(crate) struct InstanceState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    // Dropped before the table, so that no request looks ended because its instance is gone.
    http_requests: Outgoing,
    sockets: Sockets,
    gate: Arc<Gate>,
    log: Log,
    files: Files,
    pub(super) table: ResourceTable,
    pub(super) limiter: Limiter,
    /// When the present entry into the guest has to end.
    pub(super) deadline: Option<Instant>,
    /// Records where the guest spends its time, while a call is profiled.
    pub(super) profiler: Option<Box<GuestProfiler>>,
}

/// What an instance has to do with, beside its gate.
pub(super) struct Reach {
    pub(super) network: Arc<Network>,
    pub(super) files: Files,
    pub(super) log: Log,
}

impl InstanceState {
    pub(super) fn new(wasi: WasiCtx, gate: Arc<Gate>, reach: Reach, limiter: Limiter) -> Self {
        let Reach { network, files, log } = reach;
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            wasi,
            http: http_context(),
            http_requests: Outgoing::new(network.clone()),
            sockets: Sockets::new(network),
            gate,
            log,
            files,
            table,
            limiter,
            deadline: None,
            profiler: None,
        }
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
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for InstanceState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.http_requests,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

impl View for InstanceState {
    fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn files(&mut self) -> FilesView<'_> {
        self.files.view(&mut self.table)
    }

    fn network(&mut self) -> SocketsView<'_> {
        SocketsView {
            inner: WasiSocketsCtxView {
                ctx: self.wasi.sockets(),
                table: &mut self.table,
            },
            sockets: &mut self.sockets,
        }
    }
}
