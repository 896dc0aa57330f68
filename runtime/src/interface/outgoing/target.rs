//! Whom a request is for: read in one way only, because it is checked once and used three times.

use http::Uri;
use http::uri;
use wasmtime_wasi_http::Error;

use crate::capability::{HostName, Scheme};

/// The server that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) scheme: Scheme,
    pub(super) host: HostName,
    pub(super) port: u16,
}

impl Target {
    /// Reads the target of a request; refuses what two readers could take for two servers.
    pub(super) fn of(wanted: &Uri) -> Result<Self, Error> {
        let scheme = match wanted.scheme() {
            Some(scheme) if *scheme == uri::Scheme::HTTP => Scheme::Http,
            Some(scheme) if *scheme == uri::Scheme::HTTPS => Scheme::Https,
            _ => return Err(Error::HttpProtocolError),
        };
        let authority = wanted.authority().ok_or(Error::HttpRequestUriInvalid)?;
        let (host, port) = split(authority.as_str()).ok_or(Error::HttpRequestUriInvalid)?;
        Ok(Self {
            scheme,
            host: HostName::parse(host).ok_or(Error::HttpRequestUriInvalid)?,
            port: match port {
                Some(port) => port,
                None => usual_port(scheme),
            },
        })
    }

    /// What the server is told that it is: the name that was checked, in the form in which it was.
    pub(super) fn authority(&self) -> String {
        match self.port == usual_port(self.scheme) {
            true => self.host.to_string(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

fn usual_port(scheme: Scheme) -> u16 {
    if scheme == Scheme::Https { 443 } else { 80 }
}

/// Parts host and port. There is no user in front, and what looks like a port is one.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.contains('@') {
        return None;
    }
    let end = match authority.starts_with('[') {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end);
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = rest.strip_prefix(':')?;
    let is_plain = port.bytes().all(|b| b.is_ascii_digit());
    let port = port.parse().ok().filter(|port| is_plain && *port != 0)?;
    Some((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, Error> {
        Target::of(&text.parse().unwrap())
    }

    #[test]
    fn a_target_has_one_form() {
        let check = |text, expected: (&str, u16, &str)| {
            let target = target(text).unwrap();
            let (host, port, authority) = expected;
            assert_eq!((target.host.to_string().as_str(), target.port), (host, port), "{text}");
            assert_eq!(target.authority(), authority, "{text}");
        };
        check("http://a.b/", ("a.b", 80, "a.b"));
        check("https://A.B./", ("a.b", 443, "a.b"));
        check("https://a.b:8443/", ("a.b", 8443, "a.b:8443"));
        check("http://a.b:443/", ("a.b", 443, "a.b:443"));
        check("http://[::1]:8/", ("[::1]", 8, "[::1]:8"));
        check("http://[::ffff:127.0.0.1]/", ("127.0.0.1", 80, "127.0.0.1"));
    }

    #[test]
    fn what_could_be_two_targets_is_none() {
        for text in [
            "http://user@a.b/",
            "http://a.b:80@evil.org/",
            "http://a.b:0/",
            "http://a.b:65536/",
            "http://a.b:99999/",
            "http://a.b:/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://a..b/",
            "http://a.b:+80/",
            "http://a%2eb/",
        ] {
            // What is no URI for the library never comes here.
            if let Ok(uri) = text.parse::<Uri>() {
                assert!(Target::of(&uri).is_err(), "{text}");
            }
        }
    }
}
