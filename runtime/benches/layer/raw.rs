//! wasmtime itself, set up as fast as it can be: what this crate is measured against.

use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// What wasmtime generates from the contract.
mod generated {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

    wasmtime::component::bindgen!({
        path: ["wit/deps/io", "wit/component"],
        inline: "package airssys:raw; world exported { export airssys:component/guest@0.1.0; }",
        world: "airssys:raw/exported",
        exports: { default: async },
    });
}

pub(crate) use generated::airssys::component::types::{Config as GuestConfig, Health, Message};
use generated::exports::airssys::component::guest::{Guest, GuestIndices};

/// What a store holds for a guest that imports WASI: a context in which nothing is granted.
pub(crate) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// An engine and what guests may import.
pub(crate) struct Raw {
    pub(crate) engine: Engine,
    linker: Linker<State>,
}

/// A component that instances can be made from.
pub(crate) struct Linked {
    pub(crate) pre: InstancePre<State>,
    guest: GuestIndices,
}

/// An instance that was initialised.
pub(crate) struct Running {
    pub(crate) store: Store<State>,
    guest: Guest,
}

impl Raw {
    /// Instances from a pool as large as this crate's; no epochs, no fuel, no limits, no intrinsics for concurrency.
    pub(crate) fn new() -> Self {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(1_000)
            .total_core_instances(4_000)
            .total_memories(1_000)
            .total_tables(4_000)
            .total_stacks(1_000);
        let mut config = Config::new();
        config
            .wasm_component_model_async(false)
            .concurrency_support(false)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("this machine holds the pool");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI is linked once");
        Self { engine, linker }
    }

    pub(crate) fn compile(&self, bytes: &[u8]) -> Component {
        Component::new(&self.engine, bytes).expect("the component compiles")
    }

    pub(crate) fn link(&self, component: &Component) -> Linked {
        let pre = self.linker.instantiate_pre(component).expect("every import is there");
        let guest = GuestIndices::new(&pre).expect("every export is there");
        Linked { pre, guest }
    }
}

impl Linked {
    /// A store of its own, and an instance in it.
    pub(crate) async fn instantiate(&self) -> (Store<State>, wasmtime::component::Instance) {
        let state = State {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        let instance = self.pre.instantiate_async(&mut store).await.expect("there is room");
        (store, instance)
    }

    /// An instance that has its configuration.
    pub(crate) async fn start(&self) -> Running {
        let (mut store, instance) = self.instantiate().await;
        let guest = self.guest.load(&mut store, &instance).expect("every export is there");
        let config = GuestConfig { json: "{}".into() };
        let answer = guest.call_init(&mut store, &config).await;
        answer
            .expect("the guest returns")
            .expect("the guest accepts its configuration");
        Running { store, guest }
    }

    /// An instance for one call.
    pub(crate) async fn call_fresh(&self, message: &Message) -> Message {
        let mut running = self.start().await;
        let answer = running.call(message).await;
        let ended = running.guest.call_shutdown(&mut running.store).await;
        ended.expect("the guest returns").expect("the guest ends");
        answer
    }
}

impl Running {
    pub(crate) async fn call(&mut self, message: &Message) -> Message {
        let answer = self.guest.call_execute(&mut self.store, message).await;
        answer.expect("the guest returns").expect("the guest answers")
    }

    pub(crate) async fn is_healthy(&mut self) -> bool {
        let health = self.guest.call_health_status(&mut self.store).await;
        matches!(health.expect("the guest returns"), Health::Healthy)
    }
}

/// The message of every measured call, made for each call anew, as a caller does.
pub(crate) fn message() -> Message {
    Message {
        content_type: "text/plain; charset=utf-8".into(),
        body: b"hello world".to_vec(),
        metadata: Vec::new(),
    }
}
