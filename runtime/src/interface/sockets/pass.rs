//! What an open connection is allowed by, checked again when what is granted changes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use wasmtime_wasi::p2::{StreamError, StreamResult};

use crate::capability::Scheme;
use crate::interface::network::Network;

/// What a connection was made by.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// The guest connected to this address.
    Peer(SocketAddr),
    /// The guest listens on this address.
    Local(SocketAddr),
}

/// Lets a connection go on as long as it is allowed.
pub(super) struct Pass {
    network: Arc<Network>,
    end: End,
    /// What was in force when it was checked last.
    checked: u64,
    watch: watch::Receiver<u64>,
    /// Set when it was taken back, and the guest has been told.
    is_over: bool,
}

impl Pass {
    /// For a connection that was allowed under `revision`.
    pub(super) fn new(network: &Arc<Network>, end: End, revision: u64) -> Self {
        Self {
            watch: network.gate.watch(),
            network: network.clone(),
            end,
            checked: revision,
            is_over: false,
        }
    }

    /// Fails when the connection is not allowed any more.
    pub(super) fn check(&mut self) -> StreamResult<()> {
        if self.is_over {
            return Err(StreamError::Closed);
        }
        let revision = self.network.gate.revision();
        if revision == self.checked {
            return Ok(());
        }
        self.checked = revision;
        let still = match self.end {
            End::Peer(peer) => self.network.check_peer(Scheme::Tcp, peer),
            End::Local(local) => self.network.check_local(Scheme::Tcp, local),
        };
        still.map_err(|_| {
            self.is_over = true;
            StreamError::LastOperationFailed(io::Error::from(io::ErrorKind::PermissionDenied).into())
        })
    }

    /// Whether the next use would fail.
    fn is_void(&self) -> bool {
        let allows = || match self.end {
            End::Peer(peer) => self.network.may_reach(Scheme::Tcp, peer),
            End::Local(local) => self.network.may_listen(Scheme::Tcp, local),
        };
        self.is_over || (self.network.gate.revision() != self.checked && !allows())
    }

    /// Comes when the connection is not allowed any more.
    pub(super) async fn end(&mut self) {
        loop {
            // Marked before it is looked at, so that no change comes in between.
            self.watch.mark_unchanged();
            if self.is_void() {
                return;
            }
            if self.watch.changed().await.is_err() {
                // The grants are gone with their host, and cannot change.
                std::future::pending::<()>().await;
            }
        }
    }
}
