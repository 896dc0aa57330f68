//! Calls of a component's own exports: arguments and results in WAVE or JSON, checked against the export's types.
//!
//! WAVE is the text form of the component model's values, as `wasmtime run --invoke` reads it.
//! What the JSON form of each type is, is said at [`ByteForm`] and in the book.

mod arguments;
mod example;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod invocation;
mod json;
mod mistake;
mod name;
mod signature;
mod value;

pub use invocation::Invocation;
pub use json::ByteForm;
pub use mistake::ArgumentError;
pub use value::Value;

pub(crate) use arguments::read;
pub(crate) use example::example;
pub(crate) use name::{ExportName, Names};
pub(crate) use signature::{Parameter, Signature};
