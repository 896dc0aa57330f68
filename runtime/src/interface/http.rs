//! `wasi:http`: requests and responses as values, and a guest's own requests to others.

mod held;
mod part;

use std::sync::Arc;

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

pub(crate) use self::held::{Held, Incoming, own};
pub(crate) use self::part::Parts;
use super::network::Network;
use super::outgoing::{self, Link, Requests, Sending};
use super::{Interface, View};

/// The most that the fields of one header or trailer may take, with what the host needs to keep them.
const MAX_FIELDS: usize = 32 << 10;

const TYPES: &str = "wasi:http/types@0.2.12";
const HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// The most bytes of one write to a body.
const MAX_WRITE: usize = 64 << 10;

pub(super) fn interface<T: View + 'static>() -> Interface<T> {
    Interface {
        names: &["wasi:http"],
        add_to_linker,
    }
}

fn add_to_linker<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    // The library does not say why a body broke off.
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.func_wrap("http-error-code", |mut store, (error,): (Resource<IoError>,)| {
        let error = store.data_mut().http().table.get(&error)?;
        let code = error.downcast_ref::<ErrorCode>().cloned();
        Ok((code.or_else(|| error.downcast_ref::<Error>().map(outgoing::code)),))
    })?;
    held::add_to_linker(linker)?;
    linker.allow_shadowing(false);
    Ok(())
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
    fn send_request(&mut self, request: http::Request<WasiBody>, options: Option<RequestOptions>, _: Link) -> Sending {
        self.0.send(request, options)
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_WRITE
    }
}
