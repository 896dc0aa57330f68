//! `wasi:sockets/tcp`: checked before anything is done, and again while connections are open.

use std::net::SocketAddr;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasmtime_wasi::p2::bindings::sockets::tcp::{Host, HostTcpSocket, ShutdownType};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, Network as NetworkHandle, SocketError, SocketResult, TcpSocket,
};

use super::limits::MAX_BUFFER;
use super::pass::End;
use super::streams;
use super::view::SocketsView;
use crate::capability::Scheme;

type Streams = (Resource<DynInputStream>, Resource<DynOutputStream>);

/// The same socket, for one more call.
fn same(socket: &Resource<TcpSocket>) -> Resource<TcpSocket> {
    Resource::new_borrow(socket.rep())
}

impl Host for SocketsView<'_> {}

impl HostTcpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        socket: Resource<TcpSocket>,
        handle: Resource<NetworkHandle>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        self.inner.start_bind(socket, handle, local).await
    }

    fn finish_bind(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        self.inner.finish_bind(socket)
    }

    fn start_connect(
        &mut self,
        socket: Resource<TcpSocket>,
        handle: Resource<NetworkHandle>,
        remote: IpSocketAddress,
    ) -> SocketResult<()> {
        // Checked here as well, so that whoever may not connect is told of that, and not of the port to do it from.
        let allowed = self.sockets.network.check_peer(Scheme::Tcp, remote.into());
        allowed.map_err(|_| ErrorCode::AccessDenied)?;
        if !self.sockets.network.meter.begin_request() {
            return Err(ErrorCode::NewSocketLimit.into());
        }
        self.inner.start_connect(socket, handle, remote)
    }

    fn finish_connect(&mut self, socket: Resource<TcpSocket>) -> SocketResult<Streams> {
        let (input, output) = self.inner.finish_connect(same(&socket))?;
        let peer: SocketAddr = self.inner.remote_address(socket)?.into();
        let network = &self.sockets.network;
        // Read before it is decided, so that a change in between is seen the next time.
        let revision = network.gate.revision();
        // It was allowed when it began, which may be a while ago.
        network
            .check_peer(Scheme::Tcp, peer)
            .map_err(|_| ErrorCode::AccessDenied)?;
        let by = (network, End::Peer(peer), revision);
        streams::watch(self.inner.table, (&input, &output), by).map_err(SocketError::trap)?;
        Ok((input, output))
    }

    async fn start_listen(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        self.inner.start_listen(socket).await
    }

    fn finish_listen(&mut self, socket: Resource<TcpSocket>) -> SocketResult<()> {
        self.inner.finish_listen(socket)
    }

    fn accept(
        &mut self,
        socket: Resource<TcpSocket>,
    ) -> SocketResult<(Resource<TcpSocket>, Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let slot = self.room()?;
        let local: SocketAddr = self.inner.local_address(same(&socket))?.into();
        let network = &self.sockets.network;
        let revision = network.gate.revision();
        if self.inner.is_listening(same(&socket)).map_err(SocketError::trap)? {
            let allowed = network.check_local(Scheme::Tcp, local);
            allowed.map_err(|_| ErrorCode::AccessDenied)?;
        }
        let (accepted, input, output) = self.inner.accept(socket)?;
        let by = (network, End::Local(local), revision);
        streams::watch(self.inner.table, (&input, &output), by).map_err(SocketError::trap)?;
        Ok((self.occupy(accepted, slot), input, output))
    }

    fn local_address(&mut self, socket: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        self.inner.local_address(socket)
    }

    fn remote_address(&mut self, socket: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        self.inner.remote_address(socket)
    }

    fn is_listening(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<bool> {
        self.inner.is_listening(socket)
    }

    fn address_family(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<IpAddressFamily> {
        HostTcpSocket::address_family(&mut self.inner, socket)
    }

    fn set_listen_backlog_size(&mut self, socket: Resource<TcpSocket>, value: u64) -> SocketResult<()> {
        self.inner.set_listen_backlog_size(socket, value)
    }

    fn keep_alive_enabled(&mut self, socket: Resource<TcpSocket>) -> SocketResult<bool> {
        self.inner.keep_alive_enabled(socket)
    }

    fn set_keep_alive_enabled(&mut self, socket: Resource<TcpSocket>, value: bool) -> SocketResult<()> {
        self.inner.set_keep_alive_enabled(socket, value)
    }

    fn keep_alive_idle_time(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        self.inner.keep_alive_idle_time(socket)
    }

    fn set_keep_alive_idle_time(&mut self, socket: Resource<TcpSocket>, value: u64) -> SocketResult<()> {
        self.inner.set_keep_alive_idle_time(socket, value)
    }

    fn keep_alive_interval(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        self.inner.keep_alive_interval(socket)
    }

    fn set_keep_alive_interval(&mut self, socket: Resource<TcpSocket>, value: u64) -> SocketResult<()> {
        self.inner.set_keep_alive_interval(socket, value)
    }

    fn keep_alive_count(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u32> {
        self.inner.keep_alive_count(socket)
    }

    fn set_keep_alive_count(&mut self, socket: Resource<TcpSocket>, value: u32) -> SocketResult<()> {
        self.inner.set_keep_alive_count(socket, value)
    }

    fn hop_limit(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u8> {
        self.inner.hop_limit(socket)
    }

    fn set_hop_limit(&mut self, socket: Resource<TcpSocket>, value: u8) -> SocketResult<()> {
        self.inner.set_hop_limit(socket, value)
    }

    fn receive_buffer_size(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        HostTcpSocket::receive_buffer_size(&mut self.inner, socket)
    }

    fn set_receive_buffer_size(&mut self, socket: Resource<TcpSocket>, value: u64) -> SocketResult<()> {
        HostTcpSocket::set_receive_buffer_size(&mut self.inner, socket, value.min(MAX_BUFFER))
    }

    fn send_buffer_size(&mut self, socket: Resource<TcpSocket>) -> SocketResult<u64> {
        HostTcpSocket::send_buffer_size(&mut self.inner, socket)
    }

    fn set_send_buffer_size(&mut self, socket: Resource<TcpSocket>, value: u64) -> SocketResult<()> {
        HostTcpSocket::set_send_buffer_size(&mut self.inner, socket, value.min(MAX_BUFFER))
    }

    fn subscribe(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        HostTcpSocket::subscribe(&mut self.inner, socket)
    }

    fn shutdown(&mut self, socket: Resource<TcpSocket>, how: ShutdownType) -> SocketResult<()> {
        self.inner.shutdown(socket, how)
    }

    fn drop(&mut self, socket: Resource<TcpSocket>) -> wasmtime::Result<()> {
        let number = socket.rep();
        HostTcpSocket::drop(&mut self.inner, socket)?;
        self.vacate(number);
        Ok(())
    }
}
