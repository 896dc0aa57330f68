//! Between the author's types and the contract: what the macros expand to, and what the host calls.

mod bindings;
mod component;
mod convert;
mod export;
mod exported;
mod field;
mod slot;

pub use bindings::{guest, state};
pub use component::{Component, Declared, Implemented, InitOrDefault};
pub use exported::Exported;
pub use field::{StateField, WithoutStateField};
pub use slot::Slot;
