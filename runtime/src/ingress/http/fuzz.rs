//! Any bytes, as the header by which a request names its host.

use std::net::IpAddr;

use http::{HeaderValue, Request, header};

use super::options::HttpOptions;
use super::origin::Hosts;

/// Whoever names a host that is not this machine is not answered.
pub(crate) fn host_header(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers.insert(header::HOST, value);
    let hosts = Hosts::new(&HttpOptions::new(([127, 0, 0, 1], 0).into()));
    if hosts.check(&parts).is_err() {
        return;
    }
    let named = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let (inside, _) = named.trim_start_matches('[').split_once(']').unwrap_or((&named, ""));
    let bare = named.split(':').next().unwrap_or("");
    let is_loopback = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    assert!(
        bare == "localhost" || is_loopback(bare) || is_loopback(inside),
        "{named}"
    );
}
