//! Which releases of a component get the next call.

mod claims;
mod http_table;
mod record;
mod router;
mod rule;
mod share;
mod target;

pub(crate) use claims::Claims;
pub(crate) use record::RouteRecord;
pub(crate) use router::Router;
pub use rule::{Key, KeySource, Rule, Rules, Sticky};
pub(crate) use share::{Route, Share};
pub(crate) use target::Target;
