//! Decides on what a socket does with an address.

use std::net::SocketAddr;
use std::sync::Arc;

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

use crate::capability::Scheme;
use crate::interface::network::Network;

impl Network {
    /// Has every use of an address decided by the gate.
    pub(crate) fn adapt(self: &Arc<Self>, context: &mut WasiCtxBuilder) {
        let network = self.clone();
        let check = move |address, wanted| network.allows(address, wanted);
        context
            .allow_tcp(true)
            .allow_udp(true)
            .socket_addr_check(move |address, wanted| Box::pin(std::future::ready(check(address, wanted))));
    }

    fn allows(&self, address: SocketAddr, wanted: SocketAddrUse) -> bool {
        match wanted {
            SocketAddrUse::TcpBind => self.allows_binding(Scheme::Tcp, address),
            SocketAddrUse::UdpBind => self.allows_binding(Scheme::Udp, address),
            SocketAddrUse::TcpListen => self.check_local(Scheme::Tcp, address).is_ok(),
            SocketAddrUse::TcpConnect => self.check_peer(Scheme::Tcp, address).is_ok(),
            SocketAddrUse::UdpSend => self.check_peer(Scheme::Udp, address).is_ok(),
            // The socket counts, which is not said here: it is checked when the guest takes what has come.
            SocketAddrUse::TcpAccept | SocketAddrUse::UdpReceive => true,
        }
    }

    fn allows_binding(&self, scheme: Scheme, address: SocketAddr) -> bool {
        // Whoever connects or sends is bound to a port that nobody knows, by the system or by its own C library.
        let is_any = address.ip().is_unspecified() && address.port() == 0;
        (is_any && self.speaks(scheme)) || self.check_local(scheme, address).is_ok()
    }
}
