//! `wasi:sockets`: TCP, UDP and the addresses of names, as the gate allows.

mod create;
mod limits;
mod lookup;
mod pass;
mod permission;
mod streams;
mod tcp;
mod udp;
mod view;

pub(super) use view::interface;
pub(crate) use view::{Sockets, SocketsView};
