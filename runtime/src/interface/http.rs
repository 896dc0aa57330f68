//! `wasi:http`: requests and responses as values; a guest's own requests to others are denied.

use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks, WasiHttpView};

use super::Interface;

/// The most that the fields of one header or trailer may take, with what the host needs to keep them.
const MAX_FIELDS: usize = 32 << 10;

/// The most bytes of one write to a body.
const MAX_WRITE: usize = 64 << 10;

pub(super) fn interface<T: WasiHttpView + 'static>() -> Interface<T> {
    Interface {
        packages: &["wasi:http"],
        add_to_linker: wasmtime_wasi_http::p2::add_only_http_to_linker_async,
    }
}

/// What the resources of an instance are made with.
pub(crate) fn context() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(MAX_FIELDS);
    context
}

/// Denies every request that a guest makes: nothing is granted.
pub(crate) struct Denied;

/// What becomes of a request that a guest makes.
type Sent = Result<(http::Response<WasiBody>, Sending), Error>;

/// Sends the rest of a request, after its response has begun.
type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Denied {
    fn send_request(
        &mut self,
        _: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sending,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_WRITE
    }
}
