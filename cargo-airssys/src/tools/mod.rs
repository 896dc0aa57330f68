//! The tools of other languages, from the registries of those languages into a folder of this user.
//!
//! A project names them in `[build] tools`, each with its version.
//! [`provide()`] finds them in the project itself or in the cache, and installs there what is missing; [`look()`] says
//! what there is, and changes nothing.
//! Nothing is installed for the whole system, and nothing here prints.

mod error;
mod known;
mod look;
mod npm;
mod pip;
mod place;
mod provide;
mod tool;

pub use error::ToolError;
pub use look::{Found, look, program};
pub use provide::provide;
pub use tool::{Registry, Tool};
