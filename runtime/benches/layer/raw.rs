//! wasmtime itself, set up as fast as it can be: what this crate is measured against.

use std::collections::HashMap;

use wasmtime::component::wasm_wave::untyped::UntypedFuncCall;
use wasmtime::component::{Component, Func, Instance, InstancePre, Linker, ResourceTable, Type, Val, wasm_wave};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::sender::Sender;

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

/// What a store holds for a guest that imports WASI.
pub(crate) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    sender: Sender,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.sender,
            table: &mut self.table,
            ctx: &mut self.http,
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
    store: Store<State>,
    instance: Instance,
    guest: Guest,
    /// Exports that were called by name, and their types.
    exports: HashMap<String, (Func, Vec<Type>, Vec<Val>)>,
}

impl Raw {
    /// Instances from a pool as large as this crate's; no epochs, no fuel, no limits, no intrinsics for concurrency.
    pub(crate) fn new() -> Self {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(1_000)
            .total_core_instances(4_000)
            .total_memories(1_000)
            .total_tables(4_000)
            .total_stacks(1_000)
            .linear_memory_keep_resident(256 << 10)
            .table_keep_resident(256 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config
            .wasm_component_model_async(false)
            .concurrency_support(false)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("this machine holds the pool");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI is linked once");
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).expect("HTTP is linked once");
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
    /// A store of its own in which nothing is granted, and an instance in it.
    pub(crate) async fn instantiate(&self) -> (Store<State>, Instance) {
        self.instantiate_with(WasiCtx::builder().build()).await
    }

    async fn instantiate_with(&self, wasi: WasiCtx) -> (Store<State>, Instance) {
        let state = State {
            wasi,
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            sender: Sender,
        };
        let mut store = Store::new(self.pre.engine(), state);
        let instance = self.pre.instantiate_async(&mut store).await.expect("there is room");
        (store, instance)
    }

    /// An instance that has its configuration.
    pub(crate) async fn start(&self) -> Running {
        self.start_with(WasiCtx::builder().build()).await
    }

    /// The same with this WASI.
    pub(crate) async fn start_with(&self, wasi: WasiCtx) -> Running {
        let (mut store, instance) = self.instantiate_with(wasi).await;
        let guest = self.guest.load(&mut store, &instance).expect("every export is there");
        let config = GuestConfig { json: "{}".into() };
        let answer = guest.call_init(&mut store, &config).await;
        answer
            .expect("the guest returns")
            .expect("the guest accepts its configuration");
        Running {
            store,
            instance,
            guest,
            exports: HashMap::new(),
        }
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

    /// Calls an export by its name with arguments in WAVE; the export is looked up once.
    pub(crate) async fn invoke(&mut self, call: &str) -> String {
        let call = UntypedFuncCall::parse(call).expect("the call is well-formed");
        if !self.exports.contains_key(call.name()) {
            let export = self.export(call.name());
            self.exports.insert(call.name().to_owned(), export);
        }
        let (function, parameters, results) = self.exports.get_mut(call.name()).expect("it was looked up");
        let arguments: Vec<Val> = call.to_wasm_params(&*parameters).expect("the arguments fit");
        let called = function.call_async(&mut self.store, &arguments, results).await;
        called.expect("the guest returns");
        wasm_wave::to_string(&results[0]).expect("the result has a text form")
    }

    fn export(&mut self, name: &str) -> (Func, Vec<Type>, Vec<Val>) {
        let function = self
            .instance
            .get_func(&mut self.store, name)
            .expect("the export is there");
        let ty = function.ty(&self.store);
        let parameters = ty.params().map(|(_, ty)| ty).collect();
        (function, parameters, vec![Val::Bool(false)])
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
