//! Where a host takes HTTP requests, from whom, and within which limits.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use http::Uri;

use crate::error::{Error, Result};

/// Where a host takes HTTP requests, from whom, and within which limits.
///
/// Make one with [`HttpOptions::new`] and change what is to be different.
/// What is to be without a limit gets a high one; the book has the highest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// The address; with port 0 the system chooses a free one.
    pub address: SocketAddr,
    /// Whether the address may be one that other machines reach, and requests may name it by any address, as a number.
    /// False when nothing is said.
    pub allow_remote: bool,
    /// Hosts that requests may name in their header `Host`, without ports, beside those of this machine.
    /// When there are any they hold with `allow_remote` as well, in place of the addresses.
    pub allowed_hosts: Vec<String>,
    /// Web pages of these origins may have browsers call components, for example `https://shop.example`; none when
    /// nothing is said, also not those that a component of this host serves.
    pub allowed_origins: Vec<String>,
    /// The most connections at one time; 1,024 when nothing is said.
    pub max_connections: usize,
    /// The most bytes of a request's first line and header; 32 KiB when nothing is said, and 8 KiB at least.
    pub max_header_bytes: usize,
    /// The most fields of a request's header; 100 when nothing is said.
    pub max_headers: usize,
    /// The most bytes of the body of a request to a web API; 1 GiB when nothing is said.
    /// That of a call has at most 4 MiB.
    pub max_body_bytes: u64,
    /// How long a connection may be idle, and how long the header of a request may take; 15 s when nothing is said.
    pub header_timeout: Duration,
    /// How long nothing of a body may come, and how long a client may take nothing of a response; 30 s when nothing is
    /// said.
    pub body_timeout: Duration,
}

impl HttpOptions {
    /// Requests at this address, with the limits that hold when nothing is said.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            allow_remote: false,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_connections: 1_024,
            max_header_bytes: 32 << 10,
            max_headers: 100,
            max_body_bytes: 1 << 30,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(30),
        }
    }
    /// Refuses what cannot be held to.
    pub(super) fn check(&self) -> Result<()> {
        within("max_connections", &self.max_connections, 1..=1_000_000)?;
        within("max_headers", &self.max_headers, 1..=10_000)?;
        within("max_header_bytes", &self.max_header_bytes, 0..=16 << 20)?;
        let times = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);
        within("header_timeout", &self.header_timeout, times.clone())?;
        within("body_timeout", &self.body_timeout, times)?;
        match self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(Error::InvalidOptions {
                reason: format!("`{origin}` is no origin of web pages: write it as in `https://shop.example:8443`"),
            }),
            None => Ok(()),
        }
    }
}

fn within<T: PartialOrd + std::fmt::Debug>(what: &str, value: &T, range: RangeInclusive<T>) -> Result<()> {
    match range.contains(value) {
        true => Ok(()),
        false => Err(Error::InvalidOptions {
            reason: format!(
                "`{what}` is {value:?}; it can be {:?} to {:?}",
                range.start(),
                range.end()
            ),
        }),
    }
}

/// Whether browsers name pages like this: with a scheme, a host and perhaps a port, and nothing after that.
fn is_origin(text: &str) -> bool {
    let parts = text.parse::<Uri>().ok().map(Uri::into_parts);
    let named = parts.and_then(|parts| Some((parts.scheme?, parts.authority?)));
    named.is_some_and(|(scheme, authority)| text.eq_ignore_ascii_case(&format!("{scheme}://{authority}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_held_to_is_refused() {
        let check = |change: fn(&mut HttpOptions)| {
            let mut options = HttpOptions::new(([127, 0, 0, 1], 0).into());
            change(&mut options);
            options.check().map_err(|error| error.to_string())
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|options| options.max_body_bytes = u64::MAX), Ok(()));
        assert!(check(|options| options.max_connections = usize::MAX).is_err());
        assert!(check(|options| options.max_connections = 0).is_err());
        assert!(check(|options| options.max_headers = usize::MAX).is_err());
        assert!(check(|options| options.max_header_bytes = usize::MAX).is_err());
        assert!(check(|options| options.body_timeout = Duration::ZERO).is_err());
        let never = check(|options| options.header_timeout = Duration::MAX).unwrap_err();
        assert!(
            never.contains("`header_timeout`") && never.contains("86400s"),
            "{never}"
        );
        assert_eq!(
            check(|options| options.allowed_origins = vec!["https://a.b:1".into()]),
            Ok(())
        );
        for bad in [
            "shop.example",
            "https://shop.example/",
            "https://shop.example/x",
            "null",
            "*",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
