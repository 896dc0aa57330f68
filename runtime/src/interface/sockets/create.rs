//! Makes sockets, up to a number.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::IpAddressFamily;
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{SocketResult, TcpSocket, UdpSocket};

use super::view::SocketsView;

impl tcp_create_socket::Host for SocketsView<'_> {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        let slot = self.room()?;
        let socket = self.inner.create_tcp_socket(family)?;
        Ok(self.occupy(socket, slot))
    }
}

impl udp_create_socket::Host for SocketsView<'_> {
    async fn create_udp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        let slot = self.room()?;
        let socket = self.inner.create_udp_socket(family).await?;
        Ok(self.occupy(socket, slot))
    }
}
