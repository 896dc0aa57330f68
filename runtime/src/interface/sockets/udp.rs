//! `wasi:sockets/udp`: each datagram is checked, out and in.

use std::net::SocketAddr;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    Host, HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::{DynPollable, Network as NetworkHandle, SocketResult, UdpSocket};

use super::limits::MAX_BUFFER;
use super::view::SocketsView;
use crate::capability::Scheme;

type Streams = (Resource<IncomingDatagramStream>, Resource<OutgoingDatagramStream>);

impl Host for SocketsView<'_> {}

impl HostUdpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        socket: Resource<UdpSocket>,
        handle: Resource<NetworkHandle>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        HostUdpSocket::start_bind(&mut self.inner, socket, handle, local).await
    }

    fn finish_bind(&mut self, socket: Resource<UdpSocket>) -> SocketResult<()> {
        HostUdpSocket::finish_bind(&mut self.inner, socket)
    }

    async fn stream(&mut self, socket: Resource<UdpSocket>, remote: Option<IpSocketAddress>) -> SocketResult<Streams> {
        let same = Resource::new_borrow(socket.rep());
        let (incoming, outgoing) = self.inner.stream(same, remote).await?;
        let local: SocketAddr = HostUdpSocket::local_address(&mut self.inner, socket)?.into();
        self.sockets.bound.insert(incoming.rep(), local);
        Ok((incoming, outgoing))
    }

    fn local_address(&mut self, socket: Resource<UdpSocket>) -> SocketResult<IpSocketAddress> {
        HostUdpSocket::local_address(&mut self.inner, socket)
    }

    fn remote_address(&mut self, socket: Resource<UdpSocket>) -> SocketResult<IpSocketAddress> {
        HostUdpSocket::remote_address(&mut self.inner, socket)
    }

    fn address_family(&mut self, socket: Resource<UdpSocket>) -> wasmtime::Result<IpAddressFamily> {
        HostUdpSocket::address_family(&mut self.inner, socket)
    }

    fn unicast_hop_limit(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u8> {
        self.inner.unicast_hop_limit(socket)
    }

    fn set_unicast_hop_limit(&mut self, socket: Resource<UdpSocket>, value: u8) -> SocketResult<()> {
        self.inner.set_unicast_hop_limit(socket, value)
    }

    fn receive_buffer_size(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u64> {
        HostUdpSocket::receive_buffer_size(&mut self.inner, socket)
    }

    fn set_receive_buffer_size(&mut self, socket: Resource<UdpSocket>, value: u64) -> SocketResult<()> {
        HostUdpSocket::set_receive_buffer_size(&mut self.inner, socket, value.min(MAX_BUFFER))
    }

    fn send_buffer_size(&mut self, socket: Resource<UdpSocket>) -> SocketResult<u64> {
        HostUdpSocket::send_buffer_size(&mut self.inner, socket)
    }

    fn set_send_buffer_size(&mut self, socket: Resource<UdpSocket>, value: u64) -> SocketResult<()> {
        HostUdpSocket::set_send_buffer_size(&mut self.inner, socket, value.min(MAX_BUFFER))
    }

    fn subscribe(&mut self, socket: Resource<UdpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        HostUdpSocket::subscribe(&mut self.inner, socket)
    }

    fn drop(&mut self, socket: Resource<UdpSocket>) -> wasmtime::Result<()> {
        let number = socket.rep();
        HostUdpSocket::drop(&mut self.inner, socket)?;
        self.vacate(number);
        Ok(())
    }
}

impl HostIncomingDatagramStream for SocketsView<'_> {
    fn receive(&mut self, stream: Resource<IncomingDatagramStream>, most: u64) -> SocketResult<Vec<IncomingDatagram>> {
        let local = self.sockets.bound.get(&stream.rep()).copied();
        let mut datagrams = self.inner.receive(stream, most)?;
        let network = &self.sockets.network;
        network
            .meter
            .passed(datagrams.iter().map(|datagram| datagram.data.len()).sum());
        if !network.meter.may_pass() {
            // Datagrams may get lost at any time.
            return Ok(Vec::new());
        }
        let takes_all = local.is_some_and(|local| network.may_listen(Scheme::Udp, local));
        if !takes_all {
            // Not the guest but a stranger did that, so it is nothing to tell anybody.
            datagrams.retain(|datagram| network.may_reach(Scheme::Udp, datagram.remote_address.into()));
        }
        Ok(datagrams)
    }

    fn subscribe(&mut self, stream: Resource<IncomingDatagramStream>) -> wasmtime::Result<Resource<DynPollable>> {
        HostIncomingDatagramStream::subscribe(&mut self.inner, stream)
    }

    fn drop(&mut self, stream: Resource<IncomingDatagramStream>) -> wasmtime::Result<()> {
        self.sockets.bound.remove(&stream.rep());
        HostIncomingDatagramStream::drop(&mut self.inner, stream)
    }
}

impl HostOutgoingDatagramStream for SocketsView<'_> {
    fn check_send(&mut self, stream: Resource<OutgoingDatagramStream>) -> SocketResult<u64> {
        self.inner.check_send(stream)
    }

    fn send(
        &mut self,
        stream: Resource<OutgoingDatagramStream>,
        datagrams: Vec<OutgoingDatagram>,
    ) -> SocketResult<u64> {
        let meter = &self.sockets.network.meter;
        if !meter.may_pass() {
            return Err(ErrorCode::NewSocketLimit.into());
        }
        meter.passed(datagrams.iter().map(|datagram| datagram.data.len()).sum());
        self.inner.send(stream, datagrams)
    }

    fn subscribe(&mut self, stream: Resource<OutgoingDatagramStream>) -> wasmtime::Result<Resource<DynPollable>> {
        HostOutgoingDatagramStream::subscribe(&mut self.inner, stream)
    }

    async fn drop(&mut self, stream: Resource<OutgoingDatagramStream>) -> wasmtime::Result<()> {
        HostOutgoingDatagramStream::drop(&mut self.inner, stream).await
    }
}
