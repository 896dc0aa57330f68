//! Finds the addresses of names: as this machine does, or as an embedder says.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most lookups that wait for this machine at the same time.
/// Each has a thread for as long as the machine takes, also when nobody waits for it any more.
const MAX_LOOKUPS: usize = 64;

/// Finds the addresses of a name.
type Ask = dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync;

/// Finds the addresses of names; clones share it.
#[derive(Clone)]
pub(crate) struct Resolver(Kind);

#[derive(Clone)]
enum Kind {
    /// The machine's own, which reads its file of hosts and asks its servers.
    System(Arc<Semaphore>),
    Other(Arc<Ask>),
}

impl Resolver {
    /// One that asks somebody else.
    pub(crate) fn new<R>(ask: impl Fn(String) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        Self(Kind::Other(Arc::new(move |name| Box::pin(ask(name)))))
    }

    /// All addresses of a name, in the order in which to use them.
    /// `own` is a place of the component that asks, which is taken until the machine has answered.
    pub(super) async fn resolve(&self, name: String, own: OwnedSemaphorePermit) -> io::Result<Vec<IpAddr>> {
        match &self.0 {
            Kind::Other(ask) => {
                let found = ask(name).await;
                drop(own);
                found
            }
            Kind::System(free) => {
                let permit = free.clone().acquire_owned().await.map_err(io::Error::other)?;
                let asking = tokio::task::spawn_blocking(move || {
                    let found = (name, 0).to_socket_addrs();
                    drop((permit, own));
                    found.map(|found| found.map(|address| address.ip()).collect())
                });
                asking.await.map_err(io::Error::other)?
            }
        }
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self(Kind::System(Arc::new(Semaphore::new(MAX_LOOKUPS))))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}
