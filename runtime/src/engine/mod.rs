//! wasmtime: engines, compiled code, stores with limits, instances and calls.

mod aot_cache;
mod binding;
mod blocking;
mod call;
mod clock;
mod compile;
mod debug;
mod engines;
mod entrance;
mod exports;
mod fault;
mod function_cache;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod http;
mod in_flight;
mod instance;
mod invoke;
mod lent_body;
mod limit;
mod lines;
mod machine;
mod pool;
mod prepared;
mod response_body;
mod seal;
mod sealed;
mod state;
mod timeout;

pub(crate) use aot_cache::AotCache;
pub(crate) use blocking::blocking;
pub(crate) use call::{Answer, Call, Fields, Handled};
pub use compile::{COMPILE_ARGUMENT, Compiler, compile_child};
pub(crate) use compile::{CodeSource, CompileSettings, Compiled, is_offered};
pub(crate) use debug::Debugging;
pub(crate) use engines::Engines;
pub(crate) use http::{Exchange, RequestBody};
pub(crate) use in_flight::{InFlight, Taken};
pub(crate) use instance::{Instance, within_limit};
pub(crate) use lent_body::BodyFault;
pub use machine::Machine;
pub(crate) use pool::Pool;
pub(crate) use prepared::Prepared;
pub(crate) use response_body::ResponseBody;
pub(crate) use seal::Seal;
