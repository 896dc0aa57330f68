//! From Rust source to a component on any machine: a toolchain for `wasm32-wasip2` and the build that uses it.
//!
//! Three ways, tried in this order by [`provide()`]:
//! 1. the Rust on this machine already has the target's standard library (`installed`);
//! 2. a private toolchain made earlier is in the cache (`private`), else rustup adds the target (`rustup`);
//! 3. the distribution's own compiler is unpacked beside the system, without root, and the standard
//!    library is built from its source (`private`).
//!
//! [`look()`] says which of them it would be, and changes nothing.
//!
//! Nothing here prints: what there is to tell goes to [`Progress`].

mod build;
mod cargo;
mod environment;
mod error;
mod folder;
mod installed;
mod leftover;
mod listen;
mod look;
#[cfg(target_os = "linux")]
mod private;
#[cfg(not(target_os = "linux"))]
#[path = "no_private.rs"]
mod private;
mod progress;
mod provide;
mod run;
mod rust;
mod rustup;
mod stop;

pub use build::{Artifact, BuildOptions, Built, Plan, Profile, build};
pub use error::{Attempt, BuildError, ToolchainError};
pub(crate) use folder::size as folder_size;
pub(crate) use installed::asked_in;
pub use leftover::{Leftover, leftovers, remove_leftovers, toolchains_of_others};
pub(crate) use listen::{Line, listen};
pub use look::{Private, Way, cargo_version, compiler_version, linker, look, make_anew, program_version};
pub use progress::{Progress, Silent};
pub use provide::{provide, provide_in_user_cache, user_cache};
pub(crate) use run::run_watched;
pub use rust::Toolchain;
pub use stop::Stop;
pub(crate) use stop::kill_all;

/// The target of every component built from Rust.
pub const TARGET: &str = "wasm32-wasip2";
