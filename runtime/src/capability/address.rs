//! Patterns of addresses: those to connect to, and those to listen on.

use std::fmt;
use std::net::IpAddr;

use super::host_name::{HostName, HostPattern};

/// How a component speaks to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// `wasi:http` without TLS.
    Http,
    /// `wasi:http` with TLS.
    Https,
    /// A socket.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A port, or every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    One(u16),
    Any,
}

/// Addresses to connect to: `https://api.example.com:443`.
/// A bare host means `https` on port 443.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutboundPattern {
    scheme: Scheme,
    host: HostPattern,
    port: Port,
}

/// Addresses to listen on: `8080`, `127.0.0.1:8080`, `udp://[::1]:53`.
/// A bare port is one of this machine's loopback addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InboundPattern {
    scheme: Scheme,
    /// None for the loopback addresses.
    address: Option<IpAddr>,
    port: Port,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Tcp, Self::Udp];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    fn usual_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp | Self::Udp => None,
        }
    }

    /// Takes the scheme off the front of a pattern.
    fn take(text: &str) -> Result<(Option<Self>, &str), &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok((None, text));
        };
        let known = Self::ALL.into_iter().find(|known| known.as_str() == scheme);
        let known = known.ok_or("the scheme is `http`, `https`, `tcp` or `udp`")?;
        Ok((Some(known), rest))
    }
}

impl Port {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
        let port = text.parse().ok().filter(|_| is_plain);
        port.map(Self::One).ok_or("a port is a number from 0 to 65535, or `*`")
    }

    fn fits(self, port: u16) -> bool {
        match self {
            Self::One(own) => own == port,
            Self::Any => true,
        }
    }

    fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(port) => port.fmt(f),
            Self::Any => f.write_str("*"),
        }
    }
}

/// Parts host and port; the colons of an address of version 6 are inside its brackets.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

impl OutboundPattern {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = Scheme::take(text)?;
        let scheme = scheme.unwrap_or(Scheme::Https);
        let (host, port) = split_port(rest);
        let port = match (port, scheme.usual_port()) {
            (Some(port), _) => Port::parse(port)?,
            (None, Some(port)) => Port::One(port),
            (None, None) => return Err("`tcp` and `udp` need a port"),
        };
        if port == Port::One(0) {
            return Err("nobody can be reached at port 0");
        }
        Ok(Self {
            scheme,
            host: HostPattern::parse(host)?,
            port,
        })
    }

    pub(super) fn fits(&self, scheme: Scheme, host: &HostName, port: u16) -> bool {
        self.scheme == scheme && self.port.fits(port) && self.host.fits(host)
    }

    pub(super) fn beginning(&self) -> Vec<u8> {
        self.host.beginning()
    }

    pub(super) fn is_of(&self, scheme: Scheme) -> bool {
        self.scheme == scheme
    }

    pub(super) fn fits_name(&self, name: &HostName) -> bool {
        self.host.fits(name)
    }

    /// Whether it is for all that `other` is for at this machine.
    pub(super) fn covers_at(&self, name: &HostName, other: &Self) -> bool {
        self.scheme == other.scheme && self.port.covers(other.port) && self.host.fits(name)
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port.covers(other.port) && self.host.covers(&other.host)
    }

    pub(super) fn breadth(&self) -> Option<&'static str> {
        self.host.breadth()
    }

    /// Whether nobody but this machine can be reached by it.
    pub(super) fn is_loopback(&self) -> bool {
        match &self.host {
            HostPattern::Name(name) => name == "localhost",
            HostPattern::Addresses(addresses) => {
                addresses.network().is_loopback() && addresses.broadcast().is_loopback()
            }
            HostPattern::Below(_) | HostPattern::Any => false,
        }
    }
}

impl fmt::Display for OutboundPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

impl InboundPattern {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = Scheme::take(text)?;
        let scheme = scheme.unwrap_or(Scheme::Tcp);
        if !matches!(scheme, Scheme::Tcp | Scheme::Udp) {
            return Err("what listens is `tcp` or `udp`; requests come to a `[http]` route without it");
        }
        let (address, port) = match split_port(rest) {
            (address, Some(port)) => match HostName::parse(address) {
                Some(HostName::Address(address)) => (Some(address), port),
                _ => return Err("what listens does so on an address such as `127.0.0.1:8080`, or a bare port"),
            },
            (port, None) => (None, port),
        };
        Ok(Self {
            scheme,
            address,
            port: Port::parse(port)?,
        })
    }

    pub(super) fn fits(&self, scheme: Scheme, address: IpAddr, port: u16) -> bool {
        let fits = match self.address {
            Some(own) => own == address,
            None => address.is_loopback(),
        };
        self.scheme == scheme && fits && self.port.fits(port)
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        let covers = match (self.address, other.address) {
            (None, Some(other)) => other.is_loopback(),
            (own, other) => own == other,
        };
        self.scheme == other.scheme && covers && self.port.covers(other.port)
    }

    pub(super) fn breadth(&self) -> Option<&'static str> {
        if self.address.is_some_and(|address| address.is_unspecified()) {
            return Some("it is every address of this machine");
        }
        (self.port == Port::Any).then_some("it is every port")
    }

    /// Whether nobody but this machine can reach it.
    pub(super) fn is_loopback(&self) -> bool {
        self.address.is_none_or(|address| address.is_loopback())
    }
}

impl fmt::Display for InboundPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Udp {
            f.write_str("udp://")?;
        }
        if let Some(address) = self.address {
            write!(f, "{}:", HostName::Address(address))?;
        }
        self.port.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn outbound_patterns_are_written_in_full() {
        let check = |text, expected: &str| assert_eq!(OutboundPattern::parse(text).unwrap().to_string(), expected);
        check("api.example.com", "https://api.example.com:443");
        check("http://Example.com", "http://example.com:80");
        check("api.example.com:8443", "https://api.example.com:8443");
        check("tcp://10.0.0.0/8:5432", "tcp://10.0.0.0/8:5432");
        check("tcp://[fd00::]/8:*", "tcp://[fd00::]/8:*");
        check("http://[::1]", "http://[::1]:80");
        check("udp://localhost:53", "udp://localhost:53");
    }

    #[test]
    fn what_is_no_outbound_pattern_is_refused() {
        for text in [
            "",
            "https://",
            "ftp://a",
            "tcp://a",
            "a:0",
            "a:65536",
            "a:080",
            "a:",
            "a:+1",
            "https://a/b",
            "https://u@a",
            "https://a:1:2",
            "a?b",
            "10.0.0.1/8",
            "HTTPS://a",
            "127.1",
            "https://::1",
        ] {
            assert!(OutboundPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn scheme_host_and_port_have_to_fit() {
        let check = |text, scheme, host, port, expected| {
            let pattern = OutboundPattern::parse(text).unwrap();
            let host = HostName::parse(host).unwrap();
            assert_eq!(pattern.fits(scheme, &host, port), expected, "{text}");
        };
        check("a.b", Scheme::Https, "a.b", 443, true);
        check("a.b", Scheme::Http, "a.b", 443, false);
        check("a.b", Scheme::Https, "a.b", 8443, false);
        check("a.b:*", Scheme::Https, "a.b", 8443, true);
        check("a.b", Scheme::Tcp, "a.b", 443, false);
        check("tcp://a.b:443", Scheme::Udp, "a.b", 443, false);
    }

    #[test]
    fn inbound_patterns_are_of_one_address_or_loopback() {
        let check = |text, scheme, address: &str, port, expected| {
            let pattern = InboundPattern::parse(text).unwrap();
            assert_eq!(
                pattern.fits(scheme, address.parse().unwrap(), port),
                expected,
                "{text} {address}"
            );
            assert_eq!(pattern.to_string(), text);
        };
        check("8080", Scheme::Tcp, "127.0.0.1", 8080, true);
        check("8080", Scheme::Tcp, "::1", 8080, true);
        check("8080", Scheme::Tcp, "0.0.0.0", 8080, false);
        check("8080", Scheme::Udp, "127.0.0.1", 8080, false);
        check("udp://8080", Scheme::Udp, "127.0.0.1", 8080, true);
        check("10.0.0.1:80", Scheme::Tcp, "10.0.0.1", 80, true);
        check("10.0.0.1:80", Scheme::Tcp, "127.0.0.1", 80, false);
        check("[::1]:*", Scheme::Tcp, "::1", 9, true);
        for text in ["", "http://80", "localhost:80", "a", "80:80", "1.2.3.4"] {
            assert!(InboundPattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_covered_is_fitted(
            own in "(http://|tcp://)?(\\*\\.)?[ab](\\.[ab])?:([12]|\\*)", other in "(http://|tcp://)?(\\*\\.)?[ab](\\.[ab])?:([12]|\\*)",
            name in "[ab](\\.[ab]){0,2}", port in 1_u16..3, scheme in 0_usize..4,
        ) {
            let (own, other) = (OutboundPattern::parse(&own).unwrap(), OutboundPattern::parse(&other).unwrap());
            let (host, scheme) = (HostName::parse(&name).unwrap(), Scheme::ALL[scheme]);
            if own.covers(&other) && other.fits(scheme, &host, port) {
                prop_assert!(own.fits(scheme, &host, port));
            }
        }

        #[test]
        fn any_text_is_read_in_one_way_or_refused(text in "(tcp://|udp://|http://)?[\\[\\]a-z0-9:./*]{0,20}") {
            if let Ok(pattern) = OutboundPattern::parse(&text) {
                prop_assert_eq!(OutboundPattern::parse(&pattern.to_string()), Ok(pattern));
            }
            if let Ok(pattern) = InboundPattern::parse(&text) {
                prop_assert_eq!(InboundPattern::parse(&pattern.to_string()), Ok(pattern));
            }
        }
    }
}
