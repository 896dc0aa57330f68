//! What a store holds beside the guest: its WASI context, its resources, its limits and its deadline.

use std::time::{Duration, Instant};

use wasmtime::GuestProfiler;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::limit::Limiter;

/// The most resources that a guest holds at the same time.
const MAX_RESOURCES: usize = 4_096;

/// The host's side of one instance.
pub(crate) struct InstanceState {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(super) limiter: Limiter,
    /// How long the present entry into the guest may go on.
    pub(super) patience: Patience,
    /// Records where the guest spends its time, while a call is profiled.
    pub(super) profiler: Option<Box<GuestProfiler>>,
}

/// The deadline of one entry, which begins when the epoch first advances: most entries have ended by then, and have
/// never looked at the time.
#[derive(Default)]
pub(super) struct Patience {
    limit: Duration,
    deadline: Option<Instant>,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, deadline: None }
    }

    /// Whether it has come to its end at this time.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        now >= *self.deadline.get_or_insert(now + self.limit)
    }
}

impl InstanceState {
    pub(super) fn new(wasi: WasiCtx, limiter: Limiter) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            wasi,
            table,
            limiter,
            patience: Patience::default(),
            profiler: None,
        }
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
