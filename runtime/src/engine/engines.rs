//! The engines of a host: how wasmtime is configured, and which component runs on which engine.

use std::sync::{Arc, OnceLock};

use wasmtime::component::Linker;
use wasmtime::{
    CacheStore, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
    WasmFeatures,
};

use super::clock::{TICK, Ticker};
use super::debug::{Debugging, SAMPLE};
use super::limit::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES, TABLES_OF_PLACE};
use super::state::InstanceState;
use super::turns::Turns;
use crate::component::MAX_TABLE_ELEMENTS;
use crate::error::Error;
use crate::interface;

/// Instances, over all components, that the pool of the fast engine holds.
pub(crate) const POOL_INSTANCES: u32 = 1_000;

/// How much of a stack is overwritten with zeros before its next use; the rest is given back to the system.
/// Most calls use less, and get a stack that is in memory already.
const STACK_KEPT: usize = 8 << 10;

/// How much of a memory or table is reset by writing before its next use; what is beyond is given back to the system.
/// That much of each instance that was there at the same time may stay in memory after a burst of calls.
const MEMORY_KEPT: usize = 64 << 10;

/// As long as fewer places of the pool than this wait with what an instance left in memory, an instance of another
/// component takes a place that was never used; then it takes one of these.
const WARM_PLACES: u32 = 100;

/// What a component needs of its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    /// The component model's asynchronous intrinsics, which make every call slower.
    pub(crate) wide: bool,
    /// Fuel metering, which makes guest code slower.
    pub(crate) metered: bool,
}

/// One engine and everything that a component may import from it.
pub(crate) struct Outfit {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<InstanceState>,
}

/// The engines of one host; all but the fast one are made when first needed.
pub(crate) struct Engines {
    made: [OnceLock<Outfit>; 4],
    ticker: Ticker,
    turns: Arc<Turns>,
    debugging: Arc<Debugging>,
}

impl Engines {
    /// Makes the fast engine.
    pub(crate) fn new(debugging: Debugging) -> Result<Self, Error> {
        let turns = Turns::new();
        let engines = Self {
            made: Default::default(),
            ticker: Ticker::start(if debugging.profiles { SAMPLE } else { TICK }, turns.clone())?,
            turns,
            debugging: Arc::new(debugging),
        };
        engines.outfit(Profile {
            wide: false,
            metered: false,
        })?;
        Ok(engines)
    }

    /// The engine for components of this profile.
    pub(crate) fn outfit(&self, profile: Profile) -> Result<&Outfit, Error> {
        let cell = &self.made[usize::from(profile.wide) + 2 * usize::from(profile.metered)];
        if let Some(outfit) = cell.get() {
            return Ok(outfit);
        }
        let outfit = make(profile, self.debugging.core_dumps.is_some())?;
        self.ticker.drive(&outfit.engine);
        Ok(cell.get_or_init(|| outfit))
    }

    /// Whose turn it is to compute.
    pub(super) fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// What is recorded of the guests.
    pub(super) fn debugging(&self) -> &Arc<Debugging> {
        &self.debugging
    }
}

fn make(profile: Profile, core_dumps: bool) -> Result<Outfit, Error> {
    let failed = |error: wasmtime::Error| Error::Engine {
        reason: format!("{error:#}"),
    };
    let engine = engine(profile, core_dumps).map_err(failed)?;
    let mut linker = Linker::new(&engine);
    for interface in interface::all::<InstanceState>() {
        (interface.add_to_linker)(&mut linker).map_err(failed)?;
    }
    Ok(Outfit { engine, linker })
}

fn engine(profile: Profile, core_dumps: bool) -> wasmtime::Result<Engine> {
    let mut config = config(profile);
    // Compiled code is the same with and without.
    config.coredump_on_trap(core_dumps);
    if profile.wide || profile.metered {
        return Engine::new(&config);
    }
    config.allocation_strategy(pooling());
    // A machine that does not let a process reserve the pool's address space still runs everything, on demand.
    // Compiled code fits both, because everything else is configured alike.
    Engine::new(&config).or_else(|_| Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand)))
}

/// Whether the machine lets the fast engine have its pool; gives it back at once.
pub(super) fn try_pool() -> wasmtime::Result<()> {
    let mut config = config(Profile {
        wide: false,
        metered: false,
    });
    Engine::new(config.allocation_strategy(pooling())).map(drop)
}

/// An engine that only compiles, for the engine of a host that has this profile.
pub(super) fn compiling(profile: Profile) -> wasmtime::Result<Engine> {
    Engine::new(&config(profile))
}

/// [`compiling`] that takes functions from this store, and leaves there those that it had to compile.
pub(super) fn compiling_with(profile: Profile, functions: Arc<dyn CacheStore>) -> wasmtime::Result<Engine> {
    let mut config = config(profile);
    config.enable_incremental_compilation(functions)?;
    Engine::new(&config)
}

fn config(profile: Profile) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_component_model_async(profile.wide)
        .concurrency_support(profile.wide)
        .epoch_interruption(true)
        .consume_fuel(profile.metered)
        // Lines are found by `super::lines`, because wasmtime's way trusts what a component says of itself.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // A stack that held another guest's values is not handed on as it is.
        .async_stack_zeroing(true)
        .wasm_features(switched_off(), false);
    config
}

/// Proposals that are compiled into wasmtime and not offered to guests.
fn switched_off() -> WasmFeatures {
    WasmFeatures::GC
        .union(WasmFeatures::FUNCTION_REFERENCES)
        .union(WasmFeatures::EXCEPTIONS)
        .union(WasmFeatures::LEGACY_EXCEPTIONS)
        .union(WasmFeatures::THREADS)
        .union(WasmFeatures::SHARED_EVERYTHING_THREADS)
        .union(WasmFeatures::MEMORY64)
        .union(WasmFeatures::STACK_SWITCHING)
}

fn pooling() -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    // A Python component instantiates 38 core modules and has large instance structures.
    // Core instances have no slots of their own, so their total is a number to count up to and costs nothing.
    pool.total_component_instances(POOL_INSTANCES)
        .total_core_instances(MAX_CORE_INSTANCES * POOL_INSTANCES)
        .total_memories(POOL_INSTANCES)
        .total_tables(TABLES_OF_PLACE * POOL_INSTANCES)
        .total_stacks(POOL_INSTANCES)
        .max_unused_warm_slots(WARM_PLACES)
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(4 << 20)
        .max_memories_per_module(MAX_MEMORIES)
        .max_tables_per_module(MAX_TABLES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .table_elements(MAX_TABLE_ELEMENTS as usize)
        .async_stack_keep_resident(STACK_KEPT)
        .linear_memory_keep_resident(MEMORY_KEPT)
        .table_keep_resident(MEMORY_KEPT)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}
