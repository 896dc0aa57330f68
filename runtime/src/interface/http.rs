//! `wasi:http`: requests and responses as values; a guest's own requests to others are denied.

use std::sync::Arc;

use http::Uri;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks, WasiHttpView};

use super::Interface;
use crate::capability::{Access, Denied, Gate, HostName, Scheme};

/// The most that the fields of one header or trailer may take, with what the host needs to keep them.
const MAX_FIELDS: usize = 32 << 10;

/// The most bytes of one write to a body.
const MAX_WRITE: usize = 64 << 10;

pub(super) fn interface<T: WasiHttpView + 'static>() -> Interface<T> {
    Interface {
        names: &["wasi:http"],
        add_to_linker: wasmtime_wasi_http::p2::add_only_http_to_linker_async,
    }
}

/// What the resources of an instance are made with.
pub(crate) fn context() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(MAX_FIELDS);
    context
}

/// Sends what a guest requests, as its gate allows.
pub(crate) struct Outgoing {
    gate: Arc<Gate>,
}

impl Outgoing {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self { gate }
    }

    /// Whether a request may be made; nothing is sent yet.
    fn check(&self, wanted: &Uri) -> Result<(), Denied> {
        let scheme = match wanted.scheme() == Some(&http::uri::Scheme::HTTP) {
            true => Scheme::Http,
            false => Scheme::Https,
        };
        let usual = if scheme == Scheme::Https { 443 } else { 80 };
        let port = wanted.port_u16().unwrap_or(usual);
        let host = HostName::parse(wanted.host().unwrap_or("")).ok_or(Denied)?;
        let host = &host;
        self.gate.check(&Access::Connect { scheme, host, port })
    }
}

/// What becomes of a request that a guest makes.
type Sent = Result<(http::Response<WasiBody>, Sending), Error>;

/// Sends the rest of a request, after its response has begun.
type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sending,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let _ = self.check(request.uri());
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_WRITE
    }
}
