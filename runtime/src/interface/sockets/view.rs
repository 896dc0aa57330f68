//! What the sockets of an instance are made of, and how they are linked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::{network, tcp, tcp_create_socket, udp, udp_create_socket};
use wasmtime_wasi::p2::{Network as NetworkHandle, SocketError};
use wasmtime_wasi::sockets::WasiSocketsCtxView;

use super::lookup;
use crate::interface::network::Network;
use crate::interface::slots::Slot;
use crate::interface::{Interface, View};

/// What is known of the sockets of one instance.
pub(crate) struct Sockets {
    pub(super) network: Arc<Network>,
    /// The local addresses of the streams of datagrams, by what the table knows these as.
    pub(super) bound: HashMap<u32, SocketAddr>,
    /// The room that each socket takes, in the same way.
    pub(super) slots: HashMap<u32, Slot>,
}

/// What an interface of sockets works on.
pub(crate) struct SocketsView<'a> {
    /// What does it, as far as it is allowed.
    pub(crate) inner: WasiSocketsCtxView<'a>,
    pub(crate) sockets: &'a mut Sockets,
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = SocketsView<'a>;
}

impl Sockets {
    pub(crate) fn new(network: Arc<Network>) -> Self {
        Self {
            network,
            bound: HashMap::new(),
            slots: HashMap::new(),
        }
    }
}

pub(in crate::interface) fn interface<T: View + 'static>() -> Interface<T> {
    Interface {
        names: &["wasi:sockets"],
        add_to_linker,
    }
}

/// Puts the gate before what the library links.
fn add_to_linker<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    tcp::add_to_linker::<T, Linked>(linker, T::network)?;
    tcp_create_socket::add_to_linker::<T, Linked>(linker, T::network)?;
    udp::add_to_linker::<T, Linked>(linker, T::network)?;
    udp_create_socket::add_to_linker::<T, Linked>(linker, T::network)?;
    lookup::generated::wasi::sockets::ip_name_lookup::add_to_linker::<T, Linked>(linker, T::network)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl network::Host for SocketsView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<network::ErrorCode> {
        self.inner.convert_error_code(error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime_wasi::p2::IoError>,
    ) -> wasmtime::Result<Option<network::ErrorCode>> {
        self.inner.network_error_code(error)
    }
}

impl network::HostNetwork for SocketsView<'_> {
    fn drop(&mut self, handle: Resource<NetworkHandle>) -> wasmtime::Result<()> {
        self.inner.drop(handle)
    }
}
