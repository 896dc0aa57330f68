//! What sends the requests of guests of raw wasmtime: hyper with a connection for each, as wasmtime-wasi-http's own does.

use std::future::Future;

use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Carries what is left of an exchange.
type Link = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Sends to whom the guest names, and asks nobody.
pub(crate) struct Sender;

impl WasiHttpHooks for Sender {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Link,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Link), Error>> + Send> {
        Box::new(exchange(request))
    }
}

async fn exchange(mut request: Request<WasiBody>) -> Result<(Response<WasiBody>, Link), Error> {
    let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
    let stream = TcpStream::connect(authority.as_str()).await.map_err(Error::Connect)?;
    let (mut sender, wire) = http1::handshake(TokioIo::new(stream)).await?;
    *request.uri_mut() = Uri::from_static("/");
    let mut wire = Box::pin(wire);
    let mut sending = Box::pin(async move { sender.send_request(request).await });
    let (response, has_ended) = tokio::select! {
        biased;
        response = &mut sending => (response?, false),
        _ = &mut wire => (sending.await?, true),
    };
    let response = response.map(|body| body.map_err(Error::from).boxed_unsync());
    let rest = async move { if has_ended { Ok(()) } else { Ok(wire.await?) } };
    Ok((response, Box::new(rest)))
}
