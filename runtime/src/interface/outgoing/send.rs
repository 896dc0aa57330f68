//! Sends a request and brings back its response.

use std::pin::{Pin, pin};
use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::sleep_until;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::connect::Connection;
use super::fault;
use super::metered::Metered;
use super::request_body::{Progress, RequestBody, Turn};
use super::response_body::ResponseBody;
use super::target::Target;
use super::timeouts::Timeouts;
use super::vigil::{Peer, Vigil};
use crate::capability::Access;
use crate::interface::network::{Network, UnderWay, Work};
use crate::interface::own_headers;

/// The most header fields of a response, and the most bytes of them.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 32 << 10;

/// Carries what is left of an exchange after its response has begun.
pub(crate) type Link = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What becomes of a request that a guest makes.
pub(crate) type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Link), Error>> + Send>;

type Wire = http1::Connection<TokioIo<Metered<Connection>>, RequestBody>;

/// The requests of one instance.
pub(crate) struct Requests(Arc<Network>);

/// A request that is allowed.
struct Allowed {
    network: Arc<Network>,
    target: Target,
    timeouts: Timeouts,
    /// What was granted when it was allowed.
    revision: u64,
    peer: Peer,
    under_way: Arc<UnderWay>,
}

impl Requests {
    pub(crate) fn new(network: Arc<Network>) -> Self {
        Self(network)
    }

    /// Decides on a request, and sends it when it is allowed.
    pub(crate) fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sending {
        match self.allow(&request, options) {
            Ok(allowed) => Box::new(allowed.exchange(request)),
            Err(error) => Box::new(std::future::ready(Err(error))),
        }
    }

    fn allow(&self, request: &Request<WasiBody>, options: Option<RequestOptions>) -> Result<Allowed, Error> {
        let target = Target::of(request.uri())?;
        let revision = self.0.gate.revision();
        let (scheme, host, port) = (target.scheme, &target.host, target.port);
        let allowed = self.0.gate.check(&Access::Connect { scheme, host, port });
        allowed.map_err(|_| Error::HttpRequestDenied)?;
        // It would be a connection to somebody else, whom nobody has checked.
        if request.method() == Method::CONNECT {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let timeouts = Timeouts::of(options)?;
        if !self.0.meter.may_pass() || !self.0.meter.begin_request() {
            return Err(Error::ConnectionLimitReached);
        }
        let under_way = self.0.begin(Work::Request);
        Ok(Allowed {
            network: self.0.clone(),
            target,
            timeouts,
            revision,
            peer: Peer::default(),
            under_way: Arc::new(under_way.ok_or(Error::ConnectionLimitReached)?),
        })
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Allowed {
    fn vigil(&self) -> Vigil {
        let (network, target) = (self.network.clone(), self.target.clone());
        Vigil::new(network, target, self.peer.clone(), self.revision)
    }

    async fn exchange(self, request: Request<WasiBody>) -> Result<(Response<WasiBody>, Link), Error> {
        let mut vigil = self.vigil();
        // Taken back while it waits, it waits no longer.
        let mut exchanging = pin!(self.exchange_unwatched(request));
        std::future::poll_fn(|context| match vigil.poll(context) {
            Ok(()) => exchanging.as_mut().poll(context),
            Err(error) => std::task::Poll::Ready(Err(error)),
        })
        .await
    }

    async fn exchange_unwatched(self, request: Request<WasiBody>) -> Result<(Response<WasiBody>, Link), Error> {
        let (connection, peer) = Connection::open(&self.network, &self.target, &self.timeouts).await?;
        // It is connected once.
        let _ = self.peer.set(peer);
        // Whoever watches did not know the address until now.
        let is_changed = self.network.gate.revision() != self.revision;
        if is_changed {
            let still = self.network.check_lead(self.target.scheme, &self.target.host, peer);
            still.map_err(|_| Error::DestinationIpProhibited)?;
        }
        let connection = Metered::new(connection, self.network.meter.clone());
        let mut builder = http1::Builder::new();
        builder.max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_BYTES);
        let shaken = builder.handshake(TokioIo::new(connection)).await;
        let (mut sender, wire) = shaken.map_err(|error| fault::of_exchange(&error, false))?;
        let progress = Progress::new();
        let request = self.prepared(request, progress.clone())?;
        let sending = async move {
            let response = sender.send_request(request).await;
            // Dropped here, so that the connection ends with this exchange.
            drop(sender);
            response.map_err(|error| fault::of_exchange(&error, false))
        };
        let mut wire = Box::pin(wire);
        let (response, has_ended) = tokio::select! {
            response = answered(sending, &mut wire) => response?,
            () = impatience(&progress, &self.timeouts) => return Err(Error::ConnectionReadTimeout),
        };
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::HttpUpgradeFailed);
        }
        let (vigil, patience) = (self.vigil(), self.timeouts.between_bytes);
        let under_way = self.under_way.clone();
        let mut response = response.map(|coming| ResponseBody::new(coming, vigil, patience, under_way).boxed_unsync());
        own_headers(response.headers_mut());
        Ok((response, Box::new(rest(wire, has_ended, self.under_way))))
    }

    /// The request as it goes over the wire.
    fn prepared(&self, request: Request<WasiBody>, progress: Progress) -> Result<Request<RequestBody>, Error> {
        let (mut head, body) = request.into_parts();
        let authority = HeaderValue::try_from(self.target.authority()).map_err(|_| Error::HttpRequestUriInvalid)?;
        head.headers.insert(header::HOST, authority);
        // Only proxies are told more than the path.
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let slash = if path.starts_with('/') { "" } else { "/" };
        head.uri = Uri::try_from(format!("{slash}{path}")).map_err(|_| Error::HttpRequestUriInvalid)?;
        let body = RequestBody::new(body, self.vigil(), progress, self.network.clone());
        Ok(Request::from_parts(head, body))
    }
}

/// Waits for the response while the connection is driven; also says whether that has ended.
async fn answered(
    sending: impl Future<Output = Result<Response<hyper::body::Incoming>, Error>>,
    wire: &mut Pin<Box<Wire>>,
) -> Result<(Response<hyper::body::Incoming>, bool), Error> {
    let mut sending = pin!(sending);
    tokio::select! {
        biased;
        response = &mut sending => Ok((response?, false)),
        // Whatever it ended with, the request is told.
        _ = wire => Ok((sending.await?, true)),
    }
}

/// Comes when the server has had a request for too long.
async fn impatience(progress: &Progress, timeouts: &Timeouts) {
    loop {
        let (turn, since) = progress.now();
        let end = match turn {
            Turn::Server => since + timeouts.first_byte,
            // The time of the guest is bounded by its own deadline.
            Turn::Guest => tokio::time::Instant::now() + timeouts.first_byte,
        };
        if end <= tokio::time::Instant::now() {
            return;
        }
        sleep_until(end).await;
    }
}

/// Drives what is left of a connection.
async fn rest(wire: Pin<Box<Wire>>, has_ended: bool, under_way: Arc<UnderWay>) -> Result<(), Error> {
    let ended = match has_ended {
        true => Ok(()),
        false => wire.await.map_err(|error| fault::of_exchange(&error, true)),
    };
    drop(under_way);
    ended
}
