//! Makes a connection to a server: to an address that was looked at, and with a certificate that was.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wasmtime_wasi_http::Error;

use super::fault;
use super::target::Target;
use super::timeouts::Timeouts;
use crate::capability::{HostName, Scheme};
use crate::interface::network::Network;

/// A connection, with or without TLS.
pub(super) enum Connection {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Connects to a target that the gate has allowed; also says to which address.
    pub(super) async fn open(
        network: &Network,
        target: &Target,
        timeouts: &Timeouts,
    ) -> Result<(Self, SocketAddr), Error> {
        let finding = network.addresses(target.scheme, &target.host, target.port);
        let found = timeout(timeouts.connect, finding).await;
        let addresses = found.map_err(|_| Error::DnsTimeout)?.map_err(fault::of_resolving)?;
        let deadline = Instant::now() + timeouts.connect;
        let (stream, peer) = first(network, target, &addresses, deadline).await?;
        // What is small is sent at once; large bodies are not slower for it.
        let _ = stream.set_nodelay(true);
        if target.scheme == Scheme::Http {
            return Ok((Self::Plain(stream), peer));
        }
        let securing = secure(network, &target.host, stream);
        let secured = timeout_at(deadline, securing).await;
        Ok((secured.map_err(|_| Error::ConnectionTimeout)??, peer))
    }
}

/// The first of the addresses that takes a connection.
async fn first(
    network: &Network,
    target: &Target,
    addresses: &[IpAddr],
    deadline: Instant,
) -> Result<(TcpStream, SocketAddr), Error> {
    let mut last = Error::DestinationUnavailable;
    for (index, address) in addresses.iter().enumerate() {
        let now = Instant::now();
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        // One that says nothing must leave time for the others.
        let share = deadline.saturating_duration_since(now) / others;
        let peer = SocketAddr::new(*address, target.port);
        // It may have been revoked while another one was tried.
        if network.check_lead(target.scheme, &target.host, peer).is_err() {
            last = Error::DestinationIpProhibited;
            continue;
        }
        match timeout(share, TcpStream::connect(peer)).await {
            Ok(Ok(stream)) => return Ok((stream, peer)),
            Ok(Err(error)) => last = fault::of_connecting(&error),
            Err(_) => last = Error::ConnectionTimeout,
        }
    }
    Err(last)
}

async fn secure(network: &Network, host: &HostName, stream: TcpStream) -> Result<Connection, Error> {
    let config = network.outside.trust.config().await.ok_or(Error::TlsCertificateError)?;
    let name = match host {
        HostName::Address(address) => ServerName::from(*address),
        HostName::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Error::HttpRequestUriInvalid)?,
    };
    let secured = TlsConnector::from(config).connect(name, stream).await;
    secured
        .map(|stream| Connection::Secure(Box::new(stream)))
        .map_err(|error| fault::of_tls(&error))
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secure(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secure(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Self::Secure(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Secure(stream) => stream.is_write_vectored(),
        }
    }
}
