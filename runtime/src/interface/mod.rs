//! What a guest may import: one file per family of WIT interfaces.

mod bindings;
mod clocks;
mod filesystem;
mod http;
mod logging;
mod network;
mod outgoing;
mod output;
mod process;
mod sandbox;
mod slots;
mod sockets;
mod wasi;

use std::sync::Arc;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi_http::WasiHttpView;

use crate::capability::Gate;

pub(crate) use filesystem::{Files, FilesView, hold_kept};
pub(crate) use http::{Held, Incoming, Outgoing, Parts, context as http_context, own as own_headers};
pub(crate) use network::{Network, Outside, Resolver};
pub(crate) use output::{Capture, Lines, Log};
pub(crate) use sandbox::{Directory, Own, Sandbox, Source};
pub(crate) use sockets::{Sockets, SocketsView};
use wasi::empty_context;

/// A family of interfaces that this host offers.
pub(crate) struct Interface<T: 'static> {
    /// The packages that it offers, or the interfaces where it is not all of a package, without versions.
    pub(crate) names: &'static [&'static str],
    /// Makes them known to a linker.
    pub(crate) add_to_linker: fn(&mut Linker<T>) -> wasmtime::Result<()>,
}

/// What an interface finds beside a guest: its resources, and the gate that every access goes through.
pub(crate) trait View: WasiView + WasiHttpView + Send {
    /// Decides on every access of the instance.
    fn gate(&self) -> &Arc<Gate>;

    /// Where what it logs goes.
    fn log(&self) -> &Log;

    /// The instance's files.
    fn files(&mut self) -> FilesView<'_>;

    /// The sockets of the instance.
    fn network(&mut self) -> SocketsView<'_>;

    /// How much its values of `wasi:http` hold, and the table that they are in.
    fn held(&mut self) -> (&mut Held, &mut ResourceTable);
}

/// Every family of interfaces that this host offers.
pub(crate) fn all<T: View + 'static>() -> Vec<Interface<T>> {
    vec![
        wasi::interface(),
        filesystem::interface(),
        sockets::interface(),
        http::interface(),
        logging::interface(),
        process::interface(),
    ]
}
