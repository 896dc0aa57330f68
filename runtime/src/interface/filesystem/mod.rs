//! `wasi:filesystem`: every access goes through the gate, and no path is followed that the gate did not decide on.

mod bounds;
mod decide;
mod descriptor;
mod entries;
mod files;
mod host_path;
mod kept;
mod lexical;
mod link;
mod mount;
mod move_file;
mod open;
mod preopens;
mod quota;
mod seen;
mod stream;
mod trail;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use files::{Files, FilesView};
pub(crate) use kept::hold_kept;
pub(super) use link::interface;
