//! Run WebAssembly components that are deployed, updated and rolled back while the system keeps running.
//!
//! A [`Host`] owns a state directory, takes [packages](component::Package) of components, and brings each into
//! service as an immutable [release](component::Release), in a sandbox that denies what is not granted.
//! Calls find the newest release by the component's name.
//!
//! ```no_run
//! use airssys_wasm::Host;
//! use airssys_wasm::component::{Message, Package};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder().state_dir(".airssys").build().await?;
//! let bytes = std::fs::read("greeter.wasm")?;
//! host.deploy(Package::new(bytes).name("greeter".parse()?)).await?;
//! let answer = host.call(&"greeter".parse()?, Message::text("world")).await?;
//! println!("{}", answer.to_text());
//! host.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! - [`audit`]: the record of what components tried and operators did, and whether it was tampered with.
//! - [`component`]: names, versions, manifests, releases, messages, and [`inspect`](component::inspect), which reads
//!   what bytes say of themselves.
//! - [`Host`] and [`HostBuilder`]: deploy, call, remove, status, shut down.
//! - [`control`]: the socket on which a host serves other processes, and the client that reaches it.
//! - [`ingress`]: an address at which a host answers HTTP requests.
//! - [`testing`]: cases as data, and calls from a Rust test, in hosts in which every run is the same.
//! - [`typed`]: calls of a component's own exports, in WAVE or JSON.
//! - [`Compiler`] and [`compile_child`]: compile in a process that can be killed.
//! - [`Error`] and [`ErrorCode`]: what can go wrong, and whose fault it is.
//! - [`Machine`]: what a machine lets a host do.
//! - [`observe`]: what components have written and logged.
//! - [`Event`]: what a host tells while it works: steps of deployments, output of guests, discarded instances.
//!
//! # What holds for every component
//!
//! - Every entry into a guest has a deadline, also when the guest waits in the host.
//! - Memory, tables, handles, message sizes and calls in flight are limited from the start; see
//!   [`Limits`](component::Limits).
//! - An instance that traps, or does not return in time, is discarded; nothing of it is used again.
//! - WASI 0.2 is there to import; no file, address, variable or argument is there to find but what a [policy](capability::Policy)
//!   or an operator grants.

mod actor;
#[cfg(test)]
#[path = "../benches/layer/allocations.rs"]
mod allocations;
pub mod audit;
pub mod capability;
pub mod component;
pub mod control;
mod deploy;
mod engine;
mod error;
mod event;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod host;
pub mod ingress;
mod interface;
pub mod observe;
mod printable;
mod store;
pub mod testing;
pub mod typed;
mod usage;

pub use component::Strategy;
pub use deploy::{
    Action, ComponentPermissions, ComponentStatus, DeployOptions, Deployment, DeploymentRecord, GrantOptions, Key,
    KeySource, Origin, Outcome, PermissionChange, PermissionGranted, PermissionRevoked, Preview, ReleaseStatus,
    RetentionPolicy, RollbackOptions, Rule, Rules, SplitOptions, StateChoice, StepTiming, Sticky, Versioning,
};
pub use engine::{COMPILE_ARGUMENT, Compiler, Machine, Metered, compile_child, withhold_descriptors};
pub use error::{Bounded, Error, ErrorCode, HostResource, Result};
pub use event::{Event, Level, Subscription};
pub use host::{Host, HostBuilder};
pub use printable::{printable, printable_line};
pub use usage::{HostUsage, LimitUsage, Quarantine, Total};

/// Whether a host offers some version of an interface to import, for example `wasi:clocks/wall-clock@0.2.0`.
pub fn is_offered(import: &str) -> bool {
    engine::is_offered(import)
}
