//! `wasi:http`: requests and responses as values; a guest's own requests to others are denied.

use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks, WasiHttpView};

use super::Interface;
use crate::component::Release;
use crate::event::{Event, Events};
use crate::printable::printable_line;

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

/// How many different addresses of one instance are told, and how long each may be, in characters.
const MOST_TOLD: usize = 16;
const LONGEST_TOLD: usize = 300;

/// Denies every request that a guest makes, and tells of it: nothing is granted.
pub(crate) struct Denied {
    release: Arc<Release>,
    events: Events,
    /// What was told already.
    told: Vec<String>,
}

impl Denied {
    pub(crate) fn new(release: Arc<Release>, events: Events) -> Self {
        Self {
            release,
            events,
            told: Vec::new(),
        }
    }

    fn tell(&mut self, wanted: &Uri, uses_tls: bool) {
        let pattern = origin(wanted, uses_tls);
        if self.told.len() >= MOST_TOLD || self.told.contains(&pattern) {
            return;
        }
        self.told.push(pattern.clone());
        self.events.emit(Event::Denied {
            component: self.release.name.clone(),
            capability: "network-outbound".into(),
            pattern,
        });
    }
}

/// Scheme, host and port of an address, as `network-outbound` has them; it comes from the guest, so it is cut and made
/// printable.
fn origin(wanted: &Uri, uses_tls: bool) -> String {
    let (scheme, usual) = if uses_tls { ("https", 443) } else { ("http", 80) };
    let port = wanted.port_u16().unwrap_or(usual);
    let host: String = wanted.host().unwrap_or("").chars().take(LONGEST_TOLD).collect();
    printable_line(&format!("{scheme}://{host}:{port}"))
}

/// What becomes of a request that a guest makes.
type Sent = Result<(http::Response<WasiBody>, Sending), Error>;

/// Sends the rest of a request, after its response has begun.
type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Denied {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sending,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let uses_tls = request.uri().scheme() != Some(&Scheme::HTTP);
        self.tell(request.uri(), uses_tls);
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_WRITE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wanted_is_written_as_a_manifest_asks_for_it() {
        let check = |uri: &str, uses_tls, expected: &str| assert_eq!(origin(&uri.parse().unwrap(), uses_tls), expected);
        check("https://api.example.com/a?b=c", true, "https://api.example.com:443");
        check("http://127.0.0.1:8080/", false, "http://127.0.0.1:8080");
        check("http://[::1]/", false, "http://[::1]:80");
        check("/no/host", true, "https://:443");
    }
}
