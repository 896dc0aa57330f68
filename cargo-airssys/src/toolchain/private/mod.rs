//! Way 3: a private toolchain of the distribution's compiler and a standard library built from its source.
//!
//! The packages are downloaded with the machine's own apt settings and keys, but with a state of their
//! own, and unpacked into a folder of the cache. Root is not needed and the system is not changed.
//! `cache` keeps the finished folders, `assemble` makes one, and the other files are its steps.

mod apt;
mod assemble;
mod cache;
mod compiler;
mod libc;
mod linker;
mod packages;
mod sources;
mod stale;
mod standard_library;
mod unpack;

pub(super) use assemble::check;
pub(super) use cache::{find, look, make, make_anew};
pub(super) use stale::{leftovers, of_others, remove_leftovers};
