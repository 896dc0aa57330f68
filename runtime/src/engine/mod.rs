//! wasmtime: engines, compiled code, stores with limits, instances and calls.

mod aot_cache;
mod binding;
mod call;
mod clock;
mod compile;
mod debug;
mod engines;
mod entrance;
mod exports;
mod fault;
mod in_flight;
mod instance;
mod invoke;
mod limit;
mod pool;
mod prepared;
mod state;
mod timeout;

pub(crate) use aot_cache::AotCache;
pub(crate) use call::{Answer, Call};
pub(crate) use compile::{Compiled, Compiler, is_offered};
pub(crate) use debug::Debugging;
pub(crate) use engines::Engines;
pub(crate) use in_flight::{InFlight, Taken};
pub(crate) use instance::{Instance, within_limit};
pub(crate) use pool::Pool;
pub(crate) use prepared::Prepared;
