//! Names and addresses of machines, in the one form in which they are compared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};

/// The longest name, in bytes.
const MAX_NAME: usize = 253;

/// A machine: by name or by address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum HostName {
    /// A name in lower case, without a trailing dot.
    Name(String),
    /// An address; one of version 4 is never written as one of version 6.
    Address(IpAddr),
}

/// A pattern of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostPattern {
    /// One name.
    Name(String),
    /// Every name below this one.
    Below(String),
    /// Addresses.
    Addresses(IpNet),
    /// Every name and every address.
    Any,
}

impl HostName {
    /// Reads a name or an address as it stands in a URL: one of version 6 may have brackets.
    /// None for what resolvers understand in different ways, such as `127.1`, and for names that are not ASCII.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bracketed {
            let address: Ipv6Addr = address.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        is_name(name).then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

/// What the beginnings of patterns of machines are compared with: a name from its end on, or the bytes of an address.
pub(super) struct HostBeginning {
    bytes: [u8; MAX_NAME + 1],
    length: usize,
}

impl HostBeginning {
    /// Takes as much as there is room for; nothing that is longer fits a pattern.
    fn of(kind: u8, rest: impl Iterator<Item = u8>) -> Self {
        let (mut bytes, mut length) = ([0; MAX_NAME + 1], 1);
        bytes[0] = kind;
        for (room, byte) in bytes[1..].iter_mut().zip(rest) {
            *room = byte;
            length += 1;
        }
        Self { bytes, length }
    }

    fn of_address(address: &IpAddr, length: usize) -> Self {
        match address {
            IpAddr::V4(address) => Self::of(b'4', address.octets().into_iter().take(length)),
            IpAddr::V6(address) => Self::of(b'6', address.octets().into_iter().take(length)),
        }
    }
}

impl AsRef<[u8]> for HostBeginning {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl HostName {
    pub(super) fn beginning(&self) -> HostBeginning {
        match self {
            Self::Name(name) => HostBeginning::of(b'n', name.bytes().rev()),
            Self::Address(address) => HostBeginning::of_address(address, 16),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl HostPattern {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(name) = text.strip_prefix("*.") {
            return match HostName::parse(name) {
                Some(HostName::Name(name)) => Ok(Self::Below(name)),
                _ => Err("`*.` stands before a name"),
            };
        }
        let unbracketed = text.strip_prefix('[').map(|rest| rest.replacen(']', "", 1));
        if let Ok(addresses) = unbracketed.as_deref().unwrap_or(text).parse::<IpNet>() {
            if addresses.trunc() != addresses {
                return Err("a range of addresses begins at its first address");
            }
            return Ok(Self::Addresses(canonical(addresses)));
        }
        match HostName::parse(text) {
            Some(HostName::Name(name)) => Ok(Self::Name(name)),
            Some(HostName::Address(address)) => Ok(Self::Addresses(address.into())),
            None => Err("this is no name of a machine, no address and no range of addresses"),
        }
    }

    /// What every machine begins with, as [`HostName::beginning`] has it, that it fits.
    pub(super) fn beginning(&self) -> Vec<u8> {
        let beginning = match self {
            Self::Any => return Vec::new(),
            Self::Name(name) => HostBeginning::of(b'n', name.bytes().rev()),
            Self::Below(name) => HostBeginning::of(b'n', name.bytes().rev().chain([b'.'])),
            Self::Addresses(range) => HostBeginning::of_address(&range.network(), usize::from(range.prefix_len() / 8)),
        };
        beginning.as_ref().to_vec()
    }

    pub(super) fn fits(&self, host: &HostName) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Name(own), HostName::Name(name)) => own == name,
            (Self::Below(own), HostName::Name(name)) => is_below(name, own),
            (Self::Addresses(own), HostName::Address(address)) => own.contains(address),
            _ => false,
        }
    }

    /// Whether it fits every machine that `other` fits.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Name(own), Self::Name(other)) => own == other,
            (Self::Below(own), Self::Name(other)) => is_below(other, own),
            (Self::Below(own), Self::Below(other)) => own == other || is_below(other, own),
            (Self::Addresses(own), Self::Addresses(other)) => own.contains(other),
            _ => false,
        }
    }

    /// Why it is more than anybody should grant without saying so.
    pub(super) fn breadth(&self) -> Option<&'static str> {
        match self {
            Self::Any => Some("it is every machine"),
            Self::Below(name) if !name.contains('.') => Some("it is all names of a whole top-level domain"),
            Self::Addresses(IpNet::V4(addresses)) if addresses.prefix_len() < 8 => {
                Some("it is more than a 256th of all addresses")
            }
            Self::Addresses(IpNet::V6(addresses)) if addresses.prefix_len() < 16 => {
                Some("it is more than a 65,536th of all addresses")
            }
            Self::Addresses(IpNet::V6(addresses)) if leads_to_version_4(*addresses) => {
                Some("addresses of version 4 are inside it, also those of this machine")
            }
            _ => None,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Addresses(IpNet::V4(addresses)) if addresses.prefix_len() == 32 => addresses.addr().fmt(f),
            Self::Addresses(IpNet::V4(addresses)) => addresses.fmt(f),
            Self::Addresses(IpNet::V6(addresses)) if addresses.prefix_len() == 128 => {
                write!(f, "[{}]", addresses.addr())
            }
            Self::Addresses(IpNet::V6(addresses)) => write!(f, "[{}]/{}", addresses.addr(), addresses.prefix_len()),
        }
    }
}

/// A range of addresses of version 4 that is written as one of version 6, as what it is.
fn canonical(addresses: IpNet) -> IpNet {
    let mapped = match addresses {
        IpNet::V6(six) if six.prefix_len() >= 96 => {
            six.addr().to_ipv4_mapped().map(|four| (four, six.prefix_len() - 96))
        }
        _ => None,
    };
    let four = mapped.and_then(|(address, length): (Ipv4Addr, u8)| IpNet::new(address.into(), length).ok());
    four.unwrap_or(addresses)
}

/// Whether a range is one of those through which machines of version 4 are reached: compatible, NAT64 and 6to4
/// addresses.
fn leads_to_version_4(addresses: Ipv6Net) -> bool {
    let [first, second, third, ..] = addresses.network().segments();
    let is_zero = addresses.network().segments()[..6] == [0; 6];
    let is_compatible = is_zero && addresses.prefix_len() < 128;
    let is_translated = (first, second) == (0x64, 0xff9b) && third <= 1;
    is_compatible || is_translated || first == 0x2002
}

/// Whether a name ends with the labels of another, and has more.
fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

/// Whether it is a name that every resolver reads alike: labels of letters, digits, `-` and `_`, the last one no number,
/// because what ends with a number is read as an address by some.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or("");
    let is_hexadecimal = last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"))
        && last[2..].bytes().all(|b| b.is_ascii_hexdigit());
    let is_number = last.bytes().all(|b| b.is_ascii_digit()) || is_hexadecimal;
    name.len() <= MAX_NAME && name.split('.').all(is_label) && !is_number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_have_one_form() {
        let check = |text, expected: &str| assert_eq!(HostName::parse(text).unwrap().to_string(), expected);
        check("Example.COM.", "example.com");
        check("127.0.0.1", "127.0.0.1");
        check("[::1]", "[::1]");
        check("::1", "[::1]");
        check("[::ffff:10.0.0.1]", "10.0.0.1");
        check("localhost", "localhost");
        check("_srv.a-b.c", "_srv.a-b.c");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_host() {
        let long = format!("{}.com", "a".repeat(64));
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a..",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0x7f000001",
            "1.2.3.4.5",
            "1.2.3.0x4",
            "exämple.com",
            "a b",
            "a/b",
            "a@b",
            "a:1",
            "a%2e",
            "[::1",
            "::1]",
            "[fe80::1%1]",
            "-a",
            "a-",
            "*",
            &long,
        ] {
            assert_eq!(HostName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_fit_whole_labels() {
        let check = |pattern: &str, host: &str, expected: bool| {
            let (pattern, host) = (HostPattern::parse(pattern).unwrap(), HostName::parse(host).unwrap());
            assert_eq!(pattern.fits(&host), expected, "{pattern} {host}");
            let begins = host.beginning().as_ref().starts_with(&pattern.beginning());
            assert!(begins || !expected, "{pattern} {host}");
        };
        check("example.com", "EXAMPLE.com.", true);
        check("example.com", "a.example.com", false);
        check("*.example.com", "a.example.com", true);
        check("*.example.com", "a.b.example.com", true);
        check("*.example.com", "example.com", false);
        check("*.example.com", "evilexample.com", false);
        check("*.example.com", "example.com.evil.org", false);
        check("10.0.0.0/8", "10.1.2.3", true);
        check("10.0.0.0/8", "[::ffff:10.1.2.3]", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("[::ffff:10.0.0.0]/104", "10.1.2.3", true);
        check("[fd00::]/8", "[fd12::1]", true);
        check("127.0.0.1", "localhost", false);
        check("*", "127.0.0.1", true);
        check("*", "a.b", true);
    }

    #[test]
    fn broad_patterns_are_known() {
        let check = |text, expected| {
            assert_eq!(
                HostPattern::parse(text).unwrap().breadth().is_some(),
                expected,
                "{text}"
            )
        };
        check("*", true);
        check("*.com", true);
        check("*.example.com", false);
        check("0.0.0.0/0", true);
        check("10.0.0.0/8", false);
        check("[::]/0", true);
        check("[fd00::]/16", false);
        check("[64:ff9b::]/96", true);
        check("[2002::]/16", true);
        check("[::]/96", true);
        check("[::1]", false);
        check("[::ffff:0:0]/96", true);
    }

    proptest! {
        #[test]
        fn what_is_covered_is_fitted(
            own in "(\\*\\.)?[ab](\\.[ab]){0,2}", other in "(\\*\\.)?[ab](\\.[ab]){0,2}", name in "[ab](\\.[ab]){0,3}",
        ) {
            let (own, other) = (HostPattern::parse(&own).unwrap(), HostPattern::parse(&other).unwrap());
            let name = HostName::parse(&name).unwrap();
            if own.covers(&other) && other.fits(&name) {
                prop_assert!(own.fits(&name), "{} {} {}", own, other, name);
            }
            if own.fits(&name) {
                prop_assert!(name.beginning().as_ref().starts_with(&own.beginning()), "{} {}", own, name);
            }
        }

        #[test]
        fn any_text_is_read_in_one_way_or_refused(text in "\\PC{0,20}") {
            if let Ok(pattern) = HostPattern::parse(&text) {
                prop_assert_eq!(HostPattern::parse(&pattern.to_string()), Ok(pattern));
            }
            if let Some(host) = HostName::parse(&text) {
                prop_assert_eq!(HostName::parse(&host.to_string()), Some(host));
            }
        }
    }
}
