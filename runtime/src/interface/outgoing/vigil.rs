//! Watches whether a request that is under way is still allowed.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::sync::watch;
use wasmtime_wasi_http::Error;

use super::target::Target;
use crate::capability::Access;
use crate::interface::network::Network;

/// The address that a request went to, for all that watches over it.
pub(super) type Peer = Arc<OnceLock<SocketAddr>>;

/// Wakes with the next change of what is granted.
type Change = Pin<Box<dyn Future<Output = watch::Receiver<u64>> + Send>>;

/// Checks a request again whenever what is granted has changed.
pub(super) struct Vigil {
    network: Arc<Network>,
    target: Target,
    /// The address that it is connected to, once it is.
    peer: Peer,
    /// What was in force when it was checked last.
    checked: u64,
    /// Made when it is asked first.
    change: Option<Change>,
}

impl Vigil {
    /// Begins with a request that was allowed under `revision`.
    pub(super) fn new(network: Arc<Network>, target: Target, peer: Peer, revision: u64) -> Self {
        Self {
            network,
            target,
            peer,
            checked: revision,
            change: None,
        }
    }

    /// Fails when the request is not allowed any more; otherwise whoever asks is woken when that may be so.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        let change = self
            .change
            .get_or_insert_with(|| next_change(self.network.gate.watch()));
        while let Poll::Ready(watch) = change.as_mut().poll(context) {
            *change = next_change(watch);
        }
        let revision = self.network.gate.revision();
        if revision != self.checked {
            self.checked = revision;
            let Target { scheme, host, port } = &self.target;
            let (scheme, port) = (*scheme, *port);
            let still = self.network.gate.check(&Access::Connect { scheme, host, port });
            still.map_err(|_| Error::HttpRequestDenied)?;
            if let Some(peer) = self.peer.get() {
                let still = self.network.check_lead(scheme, host, *peer);
                still.map_err(|_| Error::DestinationIpProhibited)?;
            }
        }
        Ok(())
    }
}

fn next_change(mut watch: watch::Receiver<u64>) -> Change {
    Box::pin(async move {
        if watch.changed().await.is_err() {
            // The grants are gone with their host, and cannot change.
            std::future::pending::<()>().await;
        }
        watch
    })
}
