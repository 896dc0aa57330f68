//! Takes connections, as many as there may be, and ends them in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::charge::PIECES;
use super::connection::{Shared, linger, serve};
use super::options::HttpOptions;
use super::origin::Hosts;
use super::refusal::Refusal;
use crate::audit::Recorded;
use crate::error::{Error, Result};
use crate::host::Host;

/// How long no connection is taken after one could not be, for example because no more files may be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// The most connections at one time that are only told that there are too many.
const MAX_REFUSED: usize = 64;

/// Answers HTTP requests until it is dropped, which cuts those that are under way.
#[derive(Debug)]
#[must_use = "it answers until it is dropped"]
pub struct HttpServer {
    address: SocketAddr,
    /// Dropped to have no more requests taken.
    stop: Option<watch::Sender<()>>,
    accepting: JoinHandle<()>,
}

/// Has a host answer HTTP requests: those for the routes of its web APIs, and calls of every component under `/call/`.
///
/// End it with [`HttpServer::finish`] before the host is shut down.
///
/// # Errors
///
/// [`Error::InvalidOptions`] when a limit is outside its range, [`Error::RemoteAddress`] when other machines reach the address and `allow_remote` is not set, [`Error::Listen`] when
/// the address cannot be had, for example because another program has the port.
pub async fn listen(host: &Host, options: HttpOptions) -> Result<HttpServer> {
    options.check()?;
    let wanted = options.address;
    if !wanted.ip().to_canonical().is_loopback() && !options.allow_remote {
        return Err(Error::RemoteAddress { address: wanted });
    }
    let failed = |error: std::io::Error| Error::Listen {
        address: wanted,
        reason: match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there".into(),
            _ => error.to_string(),
        },
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let lists = [&options.allowed_hosts[..], &options.allowed_origins];
    let max_calls = host.usage().calls.budget;
    host.begin(|| Recorded::listening(address, options.allow_remote, lists, max_calls))
        .await?;
    let shared = Arc::new(Shared {
        hosts: Hosts::new(&options),
        host: host.clone(),
        call_memory: Arc::new(Semaphore::new(PIECES)),
        options,
    });
    let (stop, stopped) = watch::channel(());
    Ok(HttpServer {
        address,
        stop: Some(stop),
        accepting: tokio::spawn(accept(listener, shared, stopped)),
    })
}

impl HttpServer {
    /// The address at which it answers, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new requests, and waits for those that are under way; what is left at the host's drain deadline is cut.
    pub async fn finish(mut self) {
        self.stop = None;
        // It panics at nothing, and nobody aborts it: the wait cannot fail.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<()>) {
    let free = Arc::new(Semaphore::new(shared.options.max_connections));
    let refusals = Arc::new(Semaphore::new(MAX_REFUSED));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopped.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep_until(Instant::now() + PAUSE).await;
            continue;
        };
        // Answers are short, and their clients wait for them.
        let _ = stream.set_nodelay(true);
        match (free.clone().try_acquire_owned(), refusals.clone().try_acquire_owned()) {
            (Ok(place), _) => {
                let serving = serve(shared.clone(), stream, stopped.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            (Err(_), Ok(place)) => {
                connections.spawn(async move {
                    refuse(stream).await;
                    drop(place);
                });
            }
            // There is not even time to say no.
            (Err(_), Err(_)) => drop(stream),
        }
    }
    drop(listener);
    let under_way = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(shared.host.drain_deadline(), under_way).await;
    connections.shutdown().await;
}

/// Says that there are too many connections, to a client that has not asked yet.
async fn refuse(mut stream: TcpStream) {
    let refusal = Refusal::busy("too many connections are open");
    let told = timeout(PAUSE, stream.write_all(&refusal.bytes())).await;
    if matches!(told, Ok(Ok(()))) {
        linger(&mut stream).await;
    }
}
