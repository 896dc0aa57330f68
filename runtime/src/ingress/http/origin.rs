//! From where a request may come: what its headers `Host` and `Origin` say.
//!
//! Web pages reach the addresses of the machine on which they are shown.
//! A page that had its own name resolve to such an address names itself in `Host`, and whatever a page posts elsewhere
//! names the page in `Origin`.

use std::net::IpAddr;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, header};

use super::options::HttpOptions;
use super::refusal::Refusal;

/// Which hosts requests may name.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Whether every address may be named; names that are none may be a page's, made to lead here.
    any_address: bool,
    allowed: Vec<String>,
}

impl Hosts {
    pub(super) fn new(options: &HttpOptions) -> Self {
        let allowed = options.allowed_hosts.iter().map(|name| name.to_ascii_lowercase());
        Self {
            any_address: options.allow_remote && options.allowed_hosts.is_empty(),
            allowed: allowed.collect(),
        }
    }

    /// Refuses a request when it names no host, several, or one that it may not.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
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
        if is_this_machine(&name) || (self.any_address && address(&name).is_some()) || self.allowed.contains(&name) {
            return Ok(());
        }
        let message = format!("requests for the host `{name}` are not answered here; the operator may allow it");
        Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden-host", message))
    }
}

fn is_this_machine(name: &str) -> bool {
    name == "localhost" || address(name).is_some_and(|address| address.is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(name).parse().ok()
}

/// Refuses what a web page has a browser send, unless the operator allows its origin.
///
/// Also a page of this host: a component serves it, and may call others only by what it is given.
/// Programs that are no browsers send neither header.
pub(super) fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let is_allowed = match (origins.next(), origins.next()) {
        // What the person has typed or opened is sent by no page.
        (None, _) => headers.get_all("sec-fetch-site").iter().all(|site| site == "none"),
        (Some(origin), None) => allowed
            .iter()
            .any(|allowed| origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes())),
        (Some(_), Some(_)) => false,
    };
    if is_allowed {
        return Ok(());
    }
    let message = "web pages may not call components; the operator may allow an origin";
    Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden-origin", message))
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
        let remote = hosts(true, &[]);
        for good in ["localhost:1", "127.0.0.1", "192.168.0.1:8080", "[2001:db8::1]:80"] {
            assert_eq!(check(&remote, "/", &[good]), 200, "{good}");
        }
        assert_eq!(check(&remote, "/", &["shop.example"]), 403);
        let one = hosts(true, &["Shop.example"]);
        assert_eq!(check(&one, "/", &["shop.example:8080"]), 200);
        assert_eq!(check(&one, "/", &["evil.example"]), 403);
        assert_eq!(check(&hosts(false, &["shop.example"]), "/", &["shop.example"]), 200);
    }

    #[test]
    fn web_pages_are_refused_unless_their_origin_is_allowed() {
        let check = |headers: &[(&'static str, &str)], allowed: &[&str]| {
            let mut all = HeaderMap::new();
            for (name, value) in headers {
                all.append(*name, value.parse().unwrap());
            }
            let allowed: Vec<String> = allowed.iter().map(|origin| (*origin).to_owned()).collect();
            check_origin(&all, &allowed).is_ok()
        };
        assert!(check(&[], &[]));
        assert!(check(&[("sec-fetch-site", "none")], &[]));
        assert!(check(&[("origin", "https://Shop.example")], &["https://shop.example"]));
        for bad in ["null", "", "http://evil.example", "http://localhost:8080", "file://"] {
            assert!(!check(&[("origin", bad)], &["https://shop.example"]), "{bad}");
        }
        assert!(!check(&[("sec-fetch-site", "same-origin")], &[]));
        let twice = [("origin", "https://shop.example"), ("origin", "https://shop.example")];
        assert!(!check(&twice, &["https://shop.example"]));
    }
}
