//! How many sockets an instance has.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;
use wasmtime_wasi::p2::{SocketResult, TcpSocket, UdpSocket};

/// The most sockets that an instance has at the same time: each takes a descriptor of the host.
const MAX_SOCKETS: usize = 128;

/// Whether there may be one socket more.
pub(super) fn check_room(table: &mut ResourceTable) -> SocketResult<()> {
    let held = table.iter_mut();
    let sockets = held.filter(|held| held.is::<TcpSocket>() || held.is::<UdpSocket>());
    match sockets.count() < MAX_SOCKETS {
        true => Ok(()),
        false => Err(ErrorCode::NewSocketLimit.into()),
    }
}
