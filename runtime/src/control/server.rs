//! The owner's side: it listens, and takes connections of the same user.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::address::{self, SocketFile};
use super::connection::{Connection, refusal};
use crate::deploy::blocking;
use crate::error::{Error, Result};
use crate::host::Host;

/// The most connections at one time.
const MAX_CONNECTIONS: u32 = 64;

/// How long a client may take for its request, and for each part of what follows.
const PACE: Duration = Duration::from_secs(10);

/// How long no connection is taken after one could not be, for example because no more files may be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves other processes until it is dropped.
///
/// Requests that are under way then go on until they are done or the host is shut down; [`finish`](Self::finish) waits
/// for them.
#[derive(Debug)]
#[must_use = "it listens until it is dropped"]
pub struct Server {
    /// Dropped to end what only waits.
    stop: watch::Sender<()>,
    connections: Arc<Semaphore>,
    accepting: JoinHandle<()>,
    file: SocketFile,
}

/// Has a host serve other processes of the same user, on the socket `control.sock` in its state directory.
///
/// # Errors
///
/// [`Error::Store`] when the socket cannot be made there.
pub async fn listen(host: &Host) -> Result<Server> {
    listen_within(host, PACE).await
}

/// [`listen`] with other patience than 10 seconds.
/// Tests use it.
#[doc(hidden)]
pub async fn listen_within(host: &Host, pace: Duration) -> Result<Server> {
    let directory = host.state_dir().to_owned();
    let failed = |error| Error::store("making the control socket", error);
    let (listener, file) = blocking(move || address::bind(&directory).map_err(failed)).await?;
    let listener = UnixListener::from_std(listener).map_err(failed)?;
    let (stop, stopped) = watch::channel(());
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    let accepting = tokio::spawn(accept(listener, host.clone(), pace, connections.clone(), stopped));
    Ok(Server {
        stop,
        connections,
        accepting,
        file,
    })
}

impl Server {
    /// Takes no more connections, and waits for the requests that are under way.
    ///
    /// A deployment that watches its release can take long; [`Host::shutdown`] ends it.
    pub async fn finish(self) {
        let Self {
            stop,
            connections,
            accepting,
            file,
        } = self;
        drop(stop);
        drop(file);
        // It panics at nothing, and nobody aborts it: the wait cannot fail.
        let _ = accepting.await;
        // Every connection, and every request that goes on without one, holds one of these.
        let _ = connections.acquire_many(MAX_CONNECTIONS).await;
    }
}

async fn accept(
    listener: UnixListener,
    host: Host,
    pace: Duration,
    connections: Arc<Semaphore>,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep_until(Instant::now() + PAUSE).await;
            continue;
        };
        if let Err(reason) = admit(&stream) {
            refuse(&stream, reason);
            continue;
        }
        let Ok(permit) = connections.clone().try_acquire_owned() else {
            refuse(&stream, format!("{MAX_CONNECTIONS} connections are open already"));
            continue;
        };
        let connection = Connection {
            host: host.clone(),
            pace,
            stopped: stopped.clone(),
            permit: Arc::new(permit),
        };
        tokio::spawn(connection.serve(stream));
    }
}

/// Whether the process at the other end may ask anything.
fn admit(stream: &UnixStream) -> Result<(), String> {
    let own = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == own || peer.uid() == 0 => Ok(()),
        Ok(peer) => Err(format!("it is open to user {own}, and user {} asks", peer.uid())),
        Err(error) => Err(format!("who asks is not known: {error}")),
    }
}

/// Says why, and nothing more: what does not fit into an empty buffer at once is not waited for.
fn refuse(stream: &UnixStream, reason: String) {
    let _ = stream.try_write(&refusal(reason));
}
