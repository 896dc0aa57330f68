//! Where a host takes HTTP requests, from whom, and within which limits.

use std::net::SocketAddr;
use std::time::Duration;

/// Where a host takes HTTP requests, from whom, and within which limits.
///
/// Make one with [`HttpOptions::new`] and change what is to be different.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// The address; with port 0 the system chooses a free one.
    pub address: SocketAddr,
    /// Whether the address may be one that other machines reach, and requests may name any host.
    /// False when nothing is said.
    pub allow_remote: bool,
    /// Hosts that requests may name in their header `Host`, without ports, beside those of this machine.
    /// When there are any they hold with `allow_remote` as well.
    pub allowed_hosts: Vec<String>,
    /// Web pages of these origins may have browsers call components, for example `https://shop.example`; none when
    /// nothing is said, also not those that a component of this host serves.
    pub allowed_origins: Vec<String>,
    /// The most connections at one time; 1,024 when nothing is said.
    pub max_connections: usize,
    /// The most bytes of a request's first line and header; 32 KiB when nothing is said, and 8 KiB at least.
    pub max_header_bytes: usize,
    /// The most fields of a request's header; 100 when nothing is said.
    pub max_headers: usize,
    /// The most bytes of the body of a request to a web API; 1 GiB when nothing is said.
    /// That of a call has at most 4 MiB.
    pub max_body_bytes: u64,
    /// How long a connection may be idle, and how long the header of a request may take; 15 s when nothing is said.
    pub header_timeout: Duration,
    /// How long nothing of a body may come, and how long a client may take nothing of a response; 30 s when nothing is
    /// said.
    pub body_timeout: Duration,
}

impl HttpOptions {
    /// Requests at this address, with the limits that hold when nothing is said.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            allow_remote: false,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_connections: 1_024,
            max_header_bytes: 32 << 10,
            max_headers: 100,
            max_body_bytes: 1 << 30,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(30),
        }
    }
}
