//! `wasi:sockets/ip-name-lookup`: the addresses of names that are granted, as far as they may be used.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress};
use wasmtime_wasi::p2::{DynPollable, Network as NetworkHandle, Pollable, SocketResult, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, poll_noop, spawn};

use self::generated::wasi::sockets::ip_name_lookup::{Host, HostResolveAddressStream};
use super::view::SocketsView;
use crate::capability::{Access, HostName};
use crate::interface::network::{Unresolved, Work};

/// How long a lookup takes at most.
const LONGEST: Duration = Duration::from_secs(10);

#[allow(missing_docs, unreachable_pub, reason = "generated")]
pub(super) mod generated {
    wasmtime::component::bindgen!({
        path: "wit/deps/io",
        inline: "
            package airssys:names;

            world imports {
                import wasi:sockets/ip-name-lookup@0.2.12;
            }

            package wasi:sockets@0.2.12 {
                interface network {
                    @unstable(feature = network-error-code)
                    use wasi:io/error@0.2.12.{error};
                    resource network;
                    enum error-code {
                        unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout,
                        concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit,
                        address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset,
                        connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure,
                        permanent-resolver-failure,
                    }
                    type ipv4-address = tuple<u8, u8, u8, u8>;
                    type ipv6-address = tuple<u16, u16, u16, u16, u16, u16, u16, u16>;
                    variant ip-address { ipv4(ipv4-address), ipv6(ipv6-address) }
                    @unstable(feature = network-error-code)
                    network-error-code: func(err: borrow<error>) -> option<error-code>;
                }

                interface ip-name-lookup {
                    use wasi:io/poll@0.2.12.{pollable};
                    use network.{network, error-code, ip-address};

                    resource resolve-address-stream {
                        resolve-next-address: func() -> result<option<ip-address>, error-code>;
                        subscribe: func() -> pollable;
                    }

                    resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;
                }
            }
        ",
        world: "airssys:names/imports",
        imports: { default: trappable },
        trappable_error_type: { "wasi:sockets/network.error-code" => wasmtime_wasi::p2::SocketError },
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:sockets/network": wasmtime_wasi::p2::bindings::sockets::network,
            "wasi:sockets/ip-name-lookup.resolve-address-stream": super::Addresses,
        },
        require_store_data_send: true,
    });
}

/// The addresses of a name, as soon as they are there.
#[expect(unreachable_pub, reason = "the generated code exports it in its own module")]
pub struct Addresses(Found);

enum Found {
    Coming(AbortOnDropJoinHandle<Result<Vec<IpAddr>, ErrorCode>>),
    Here(Result<std::vec::IntoIter<IpAddr>, ErrorCode>),
}

impl Addresses {
    fn put(&mut self, found: Result<Vec<IpAddr>, ErrorCode>) {
        self.0 = Found::Here(found.map(Vec::into_iter));
    }
}

impl Host for SocketsView<'_> {
    fn resolve_addresses(
        &mut self,
        handle: Resource<NetworkHandle>,
        name: String,
    ) -> SocketResult<Resource<Addresses>> {
        self.inner.table.get(&handle)?;
        let host = HostName::parse(&name).ok_or(ErrorCode::InvalidArgument)?;
        let network = self.sockets.network.clone();
        let allowed = network.gate.check(&Access::LookUp(&host));
        allowed.map_err(|_| ErrorCode::AccessDenied)?;
        let under_way = network.begin(Work::LookUp);
        let under_way = under_way.ok_or(ErrorCode::TemporaryResolverFailure)?;
        let coming = spawn(async move {
            let found = timeout(LONGEST, network.look_up(&host)).await;
            drop(under_way);
            match found {
                Ok(Ok(found)) => Ok(found),
                Ok(Err(Unresolved::Unknown)) => Err(ErrorCode::NameUnresolvable),
                Ok(Err(Unresolved::Prohibited)) => Err(ErrorCode::AccessDenied),
                Ok(Err(Unresolved::TooMany)) | Err(_) => Err(ErrorCode::TemporaryResolverFailure),
            }
        });
        Ok(self.inner.table.push(Addresses(Found::Coming(coming)))?)
    }
}

impl HostResolveAddressStream for SocketsView<'_> {
    fn resolve_next_address(&mut self, stream: Resource<Addresses>) -> SocketResult<Option<IpAddress>> {
        let addresses = self.inner.table.get_mut(&stream)?;
        if let Found::Coming(coming) = &mut addresses.0 {
            let Some(found) = poll_noop(pin!(coming)) else {
                return Err(ErrorCode::WouldBlock.into());
            };
            addresses.put(found);
        }
        match &mut addresses.0 {
            Found::Here(Ok(left)) => Ok(left.next().map(IpAddress::from)),
            Found::Here(Err(code)) => Err((*code).into()),
            Found::Coming(_) => Err(ErrorCode::WouldBlock.into()),
        }
    }

    fn subscribe(&mut self, stream: Resource<Addresses>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.inner.table, stream)
    }

    fn drop(&mut self, stream: Resource<Addresses>) -> wasmtime::Result<()> {
        self.inner.table.delete(stream)?;
        Ok(())
    }
}

#[async_trait]
impl Pollable for Addresses {
    async fn ready(&mut self) {
        if let Found::Coming(coming) = &mut self.0 {
            let found = coming.await;
            self.put(found);
        }
    }
}
