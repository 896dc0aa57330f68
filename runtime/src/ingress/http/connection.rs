//! One connection: its requests, one after the other, and how it ends.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::answer::{ResponseBody, of_component};
use super::body::Bounded;
use super::options::HttpOptions;
use super::origin::Hosts;
use super::refusal::Refusal;
use super::socket::Socket;
use super::{call, page};
use crate::component::{OWN, nearest};
use crate::host::Host;

/// What a connection keeps of what was received, at least.
const MIN_BUFFER: usize = 64 << 10;

/// The smallest limit of a header.
const MIN_HEADER: usize = 8 << 10;

/// How long a connection that has ended on this side is read from, and how long nothing may come meanwhile: closed at
/// once, it would take from the client what it was told last.
const LINGER: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_millis(500);

/// What all connections of a listener have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) host: Host,
    pub(super) options: HttpOptions,
    pub(super) hosts: Hosts,
    /// The memory that calls may hold.
    pub(super) call_memory: Arc<Semaphore>,
}

/// Answers the requests of one connection, until either side ends it or no more requests are to be taken.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream, mut stopped: watch::Receiver<()>) {
    let options = &shared.options;
    let header_bytes = options.max_header_bytes.max(MIN_HEADER);
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_headers(options.max_headers)
        .max_header_size(header_bytes)
        .max_buf_size(header_bytes.max(MIN_BUFFER));
    let socket = TokioIo::new(Socket::new(stream, options.body_timeout));
    let (has_begun, is_old) = (AtomicBool::new(false), AtomicBool::new(false));
    let service = service_fn(|request: Request<Incoming>| {
        has_begun.store(true, Ordering::Relaxed);
        is_old.store(is_without_pieces(&request), Ordering::Relaxed);
        Box::pin(async { Ok::<_, Infallible>(answer(&shared, request).await) })
    });
    let mut connection = builder.serve_connection(socket, service);
    let mut is_ending = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| poll_to_end(&mut connection, context)) => break ended,
            _ = stopped.changed(), if !is_ending => {
                // hyper waits for the first request of a connection, whatever it is told.
                if !has_begun.load(Ordering::Relaxed) {
                    return;
                }
                is_ending = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let mut socket = parts.io.into_inner();
    match ended {
        Ok(()) => linger(&mut socket).await,
        Err(error) if error.is_parse() || error.is_parse_too_large() => linger(&mut socket).await,
        // An idle connection just ends; one that has begun a request is told why.
        Err(error) if error.is_timeout() && !parts.read_buf.is_empty() => {
            let refusal = Refusal::too_slow("header");
            if socket.write_all(&refusal.bytes()).await.is_ok() {
                linger(&mut socket).await;
            }
        }
        Err(_) if is_old.load(Ordering::Relaxed) => socket.reset(),
        Err(_) => {}
    }
}

/// Polls a connection until all of its last response is sent, and its end after it.
fn poll_to_end<C>(connection: &mut C, context: &mut Context<'_>) -> Poll<hyper::Result<()>>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    match Pin::new(&mut *connection).poll(context) {
        // The first end is before the last bytes are sent when the client has asked for another protocol.
        Poll::Ready(Ok(())) => Pin::new(connection).poll(context),
        polled => polled,
    }
}

/// Whether a response to this request ends with its connection, where nothing tells its end from its middle.
fn is_without_pieces<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_11
}

/// Ends a connection so that the client gets what it was told last.
pub(super) async fn linger(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let rest = async {
        let mut buffer = [0; 16 << 10];
        if stream.shutdown().await.is_err() {
            return;
        }
        while let Ok(Ok(read)) = timeout(SILENCE, stream.read(&mut buffer)).await
            && read > 0
        {}
    };
    let _ = timeout(LINGER, rest).await;
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<ResponseBody> {
    let wants_other_protocol = request.headers().contains_key(header::UPGRADE);
    let mut response = match respond(shared, request).await {
        Ok(response) => response,
        Err(refusal) if shared.options.allow_remote => refusal.for_strangers().response(),
        Err(refusal) => refusal.response(),
    };
    // What comes next may be of that protocol already.
    if wants_other_protocol {
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn respond(shared: &Shared, request: Request<Incoming>) -> Result<Response<ResponseBody>, Refusal> {
    if request.method() == Method::CONNECT {
        // What comes next is meant for somebody else.
        return Err(Refusal::method("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS").last());
    }
    let (parts, body) = request.into_parts();
    shared.hosts.check(&parts)?;
    let path = parts.uri.path();
    let own = path.strip_prefix('/').and_then(|path| path.strip_prefix(OWN));
    if let Some(called) = own.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        let called = called.trim_start_matches('/').to_owned();
        return call::call(shared, &called, parts, body).await;
    }
    let Some(name) = shared.host.http_component(path) else {
        return match path {
            "/" if !shared.options.allow_remote => page::page(&shared.host, &parts),
            _ => Err(no_route(&shared.host, path)),
        };
    };
    let limit = shared.options.max_body_bytes;
    if body.size_hint().lower() > limit {
        return Err(Refusal::too_large(limit));
    }
    let (body, broken) = Bounded::new(body, limit, shared.options.body_timeout);
    let method = parts.method.clone();
    let request = Request::from_parts(parts, body.boxed_unsync());
    match shared.host.respond(&name, request).await {
        Ok(response) => Ok(of_component(&method, response)),
        Err(error) => Err(broken.refusal(limit).unwrap_or_else(|| error.into())),
    }
}

fn no_route(host: &Host, path: &str) -> Refusal {
    let routes = host.http_routes();
    let shown: String = path.chars().take(100).collect();
    let near = nearest(&shown, routes.iter().map(|(route, _)| route.as_str()));
    let near = near
        .map(|near| format!("; the nearest is `{near}`"))
        .unwrap_or_default();
    let message = format!("no route leads from `{shown}` to a component{near}");
    Refusal::new(StatusCode::NOT_FOUND, "no-route", message).known_as("no route leads from the path to a component")
}
