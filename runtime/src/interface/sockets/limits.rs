//! How many sockets an instance has.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::SocketResult;
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;

use super::view::SocketsView;
use crate::capability::Capability;
use crate::interface::slots::Slot;

/// The most sockets that an instance has at the same time.
const MAX_SOCKETS: usize = 128;

/// The most sockets of one that asks for nothing of the network: enough to learn what it wants.
const MAX_UNASKED: usize = 4;

/// The largest buffer of a socket that a guest sets, in bytes: it is memory of the kernel.
pub(super) const MAX_BUFFER: u64 = 256 << 10;

impl SocketsView<'_> {
    /// Room for one socket more, which takes a descriptor of the host.
    pub(super) fn room(&self) -> SocketResult<Slot> {
        let asked = self.sockets.network.gate.asked();
        let is_asked = asked.iter().any(|grant| {
            matches!(
                grant.capability(),
                Capability::NetworkOutbound | Capability::NetworkInbound
            )
        });
        let most = if is_asked { MAX_SOCKETS } else { MAX_UNASKED };
        let is_left = self.sockets.slots.len() < most;
        let slot = is_left
            .then(|| Slot::take(self.sockets.network.gate.descriptors()))
            .flatten();
        slot.ok_or_else(|| ErrorCode::NewSocketLimit.into())
    }

    /// Keeps the room as long as the socket is there; its streams are gone before it.
    pub(super) fn occupy<S: 'static>(&mut self, socket: Resource<S>, slot: Slot) -> Resource<S> {
        self.sockets.slots.insert(socket.rep(), slot);
        socket
    }

    /// Gives the room of a socket back.
    pub(super) fn vacate(&mut self, socket: u32) {
        self.sockets.slots.remove(&socket);
    }
}
