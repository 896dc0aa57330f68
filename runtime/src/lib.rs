//! Run WebAssembly components.

mod actor;
pub mod component;
mod deploy;
mod engine;
mod error;
mod event;
mod host;
mod interface;
mod store;

pub use deploy::{Deployment, StepTiming, Strategy, Versioning};
pub use error::{Error, ErrorCode, Result};
pub use event::Event;
pub use host::{ComponentStatus, Host, HostBuilder};

/// Whether a host offers some version of an interface to import, for example `wasi:clocks/wall-clock@0.2.0`.
pub fn is_offered(import: &str) -> bool {
    engine::is_offered(import)
}
