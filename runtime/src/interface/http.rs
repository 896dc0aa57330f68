//! `wasi:http`: requests and responses as values, and a guest's own requests to others.

use std::sync::Arc;

use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks, WasiHttpView};

use super::Interface;
use super::network::Network;
use super::outgoing::{Link, Requests, Sending};

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

/// Sends what a guest requests, as its gate allows.
pub(crate) struct Outgoing(Requests);

impl Outgoing {
    pub(crate) fn new(network: Arc<Network>) -> Self {
        Self(Requests::new(network))
    }
}

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Link,
    ) -> Sending {
        self.0.send(request, options)
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_WRITE
    }
}
