//! From where a request may come: what its headers `Host` and `Origin` say.
//!
//! Web pages reach the addresses of the machine on which they are shown.
//! A page that had its own name resolve to such an address names itself in `Host`, and whatever a page posts elsewhere
//! names the page in `Origin`.

use std::net::IpAddr;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, header};

use super::options::HttpOptions;
use super::refusal::Refusal;

/// Which hosts requests may name.
#[derive(Debug)]
pub(super) struct Hosts {
    any: bool,
    allowed: Vec<String>,
}

impl Hosts {
    pub(super) fn new(options: &HttpOptions) -> Self {
        let allowed = options.allowed_hosts.iter().map(|name| name.to_ascii_lowercase());
        Self {
            any: options.allow_remote && options.allowed_hosts.is_empty(),
            allowed: allowed.collect(),
        }
    }

    /// The host that a request names; refused when it names none, several, or one that it may not.
    pub(super) fn check(&self, request: &Parts) -> Result<Authority, Refusal> {
        let mut named = request.headers.get_all(header::HOST).iter();
        let (Some(named), None) = (named.next(), named.next()) else {
            return Err(Refusal::bad_request("a request has the header `Host` once"));
        };
        let authority = named.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
        let authority = authority.filter(|authority| !authority.as_str().contains('@'));
        let Some(authority) = authority else {
            return Err(Refusal::bad_request("the header `Host` names no host"));
        };
        let differs = |other: &Authority| !other.as_str().eq_ignore_ascii_case(authority.as_str());
        if request.uri.authority().is_some_and(differs) {
            return Err(Refusal::bad_request("the request names two hosts"));
        }
        let name = authority.host().to_ascii_lowercase();
        if self.any || is_this_machine(&name) || self.allowed.contains(&name) {
            return Ok(authority);
        }
        let message = format!("requests for the host `{name}` are not answered here; the operator may allow it");
        Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden-host", message))
    }
}

fn is_this_machine(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_loopback = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    name == "localhost" || is_loopback(address.unwrap_or(name))
}

/// Refuses what a page of another origin has a browser send.
/// Programs that are no browsers send no `Origin`.
pub(super) fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
    let mut all = headers.get_all(header::ORIGIN).iter();
    let is_own = match (all.next(), all.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| is_same(origin, host)),
        (Some(_), Some(_)) => false,
    };
    if is_own {
        return Ok(());
    }
    let message = "pages of other origins may not call components";
    Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden-origin", message))
}

fn is_same(origin: &str, host: &Authority) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else {
        return false;
    };
    let default = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default);
    origin
        .authority()
        .is_some_and(|origin| origin.host().eq_ignore_ascii_case(host.host()) && port(origin) == port(host))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn hosts(allow_remote: bool, allowed: &[&str]) -> Hosts {
        let mut options = HttpOptions::new(([127, 0, 0, 1], 0).into());
        options.allow_remote = allow_remote;
        options.allowed_hosts = allowed.iter().map(|name| (*name).to_owned()).collect();
        Hosts::new(&options)
    }

    fn check(hosts: &Hosts, uri: &str, named: &[&str]) -> u16 {
        let mut request = Request::builder().uri(uri);
        for name in named {
            request = request.header("host", *name);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        hosts
            .check(&parts)
            .map_or_else(|refusal| refusal.status.as_u16(), |_| 200)
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let own = hosts(false, &[]);
        for good in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:9",
        ] {
            assert_eq!(check(&own, "/", &[good]), 200, "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "192.168.0.1",
            "localhost.",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f000001",
            "127.1",
        ] {
            assert_eq!(check(&own, "/", &[bad]), 403, "{bad}");
        }
        for broken in ["", "a b", "http://localhost", "user@localhost", "localhost/x"] {
            assert_eq!(check(&own, "/", &[broken]), 400, "{broken}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let own = hosts(false, &[]);
        assert_eq!(check(&own, "/", &[]), 400);
        assert_eq!(check(&own, "/", &["localhost", "localhost"]), 400);
        assert_eq!(check(&own, "http://evil.example/", &["localhost"]), 400);
        assert_eq!(check(&own, "http://localhost/", &["localhost"]), 200);
    }

    #[test]
    fn the_operator_allows_hosts() {
        assert_eq!(check(&hosts(true, &[]), "/", &["shop.example"]), 200);
        let one = hosts(true, &["Shop.example"]);
        assert_eq!(check(&one, "/", &["shop.example:8080"]), 200);
        assert_eq!(check(&one, "/", &["evil.example"]), 403);
        assert_eq!(check(&hosts(false, &["shop.example"]), "/", &["shop.example"]), 200);
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let check = |origins: &[&str], host: &str| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, origin.parse().unwrap());
            }
            check_origin(&headers, &host.parse().unwrap()).is_ok()
        };
        assert!(check(&[], "localhost:8080"));
        assert!(check(&["http://localhost:8080"], "localhost:8080"));
        assert!(check(&["http://LOCALHOST"], "localhost"));
        assert!(check(&["https://shop.example"], "shop.example"));
        for bad in [
            "null",
            "",
            "http://evil.example",
            "http://localhost:8081",
            "http://localhost",
            "http://127.0.0.1:8080",
            "file://",
            "localhost:8080",
            "https://localhost",
            "chrome-extension://localhost:8080",
        ] {
            assert!(!check(&[bad], "localhost:8080"), "{bad}");
        }
        assert!(!check(&["http://localhost", "http://localhost"], "localhost"));
    }
}
