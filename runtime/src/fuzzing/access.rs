//! Patterns of grants, and the accesses that fit them.

use std::net::IpAddr;

use super::text::short;
use crate::capability::{Access, Capability, Grant, HostName, Scheme, is_normalised};

/// Four lines: a capability, two patterns, what is accessed.
pub(super) fn grant(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let Some(Ok(capability)) = lines.next().map(str::parse::<Capability>) else {
        return;
    };
    let mut next = || {
        let text = lines.next().unwrap_or("");
        match Grant::parse(capability.clone(), text) {
            Ok(grant) => {
                let again = Grant::parse(capability.clone(), &grant.pattern());
                assert_eq!(again.as_ref(), Ok(&grant), "{text}");
                Some(grant)
            }
            Err(error) => {
                short(&error);
                None
            }
        }
    };
    let (Some(one), Some(other)) = (next(), next()) else {
        return;
    };
    assert!(one.covers(&one), "{one}");
    // Whatever they say of it, they say it.
    let _ = (one.breadth(), one.directory(), one.mountable(), one.is_loopback());
    let what = lines.next().unwrap_or("");
    let is_covered = one.covers(&other);
    each(what, |access| {
        assert!(
            !is_covered || !other.fits(access) || one.fits(access),
            "{one} covers {other}, which fits {access:?}, and does not fit it"
        );
        // The line that a denial shows would help, and is no broader than what was denied.
        let pattern = access.pattern();
        if let Ok(narrow) = Grant::parse(access.capability(), &pattern) {
            assert!(narrow.fits(access), "{access:?}");
            assert!(!one.covers(&narrow) || one.fits(access), "{one} {access:?}");
            let is_address = access.capability() == Capability::NetworkOutbound;
            assert!(is_address || !pattern.replace("[*]", "").contains('*'), "{pattern}");
        }
    });
}

/// Every access that a text may stand for.
fn each(what: &str, check: impl Fn(&Access<'_>)) {
    if is_normalised(what) {
        check(&Access::FileRead(what));
        check(&Access::FileWrite(what));
    }
    let Some((host, port)) = what.rsplit_once(':') else {
        return;
    };
    let port = port.parse().unwrap_or(0);
    if let Some(host) = HostName::parse(host) {
        check(&Access::LookUp(&host));
        for scheme in [Scheme::Http, Scheme::Https, Scheme::Tcp, Scheme::Udp] {
            check(&Access::Connect {
                scheme,
                host: &host,
                port,
            });
        }
    }
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        for scheme in [Scheme::Tcp, Scheme::Udp] {
            check(&Access::Listen { scheme, address, port });
        }
    }
}
