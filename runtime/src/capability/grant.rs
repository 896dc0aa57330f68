//! A capability with its pattern: what a component asks for, and what an operator gives.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Capability;
use super::access::Access;
use super::address::{InboundPattern, OutboundPattern, Scheme};
use super::glob::{is_wild, unescaped};
use super::host_name::HostName;
use super::path::PathPattern;
use super::text_pattern::TextPattern;
use crate::component::AccessRequests;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 4_096;

/// The longest name, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The most patterns of one capability that a component asks for: each is compared with each access.
const MAX_ASKED: usize = 128;

/// A capability with a pattern of what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    capability: Capability,
    pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Path(PathPattern),
    Outbound(OutboundPattern),
    Inbound(InboundPattern),
    /// A name, in which `*` stands for any characters.
    Name(TextPattern),
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{pattern}` is no pattern of `{capability}`: {reason}")]
#[non_exhaustive]
pub struct GrantError {
    /// The capability.
    pub capability: Capability,
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Grant {
    /// Reads the pattern of a capability.
    ///
    /// # Errors
    ///
    /// When it is no pattern of that capability.
    pub fn parse(capability: Capability, text: &str) -> Result<Self, GrantError> {
        let pattern = match &capability {
            _ if text.len() > MAX_PATTERN => Err("a pattern has at most 4,096 bytes"),
            Capability::FileRead | Capability::FileWrite => PathPattern::parse(text).map(Pattern::Path),
            Capability::NetworkOutbound => OutboundPattern::parse(text).map(Pattern::Outbound),
            Capability::NetworkInbound => InboundPattern::parse(text).map(Pattern::Inbound),
            Capability::Custom(_) => name(text).map(Pattern::Name),
            Capability::SystemCall | Capability::Storage | Capability::Messaging if text.is_empty() => {
                Err("a name is not empty")
            }
            Capability::SystemCall | Capability::Storage | Capability::Messaging => name(text).map(Pattern::Name),
        };
        match pattern {
            Ok(pattern) => Ok(Self { capability, pattern }),
            Err(reason) => Err(GrantError {
                capability,
                pattern: text.chars().take(200).collect::<String>().escape_debug().to_string(),
                reason: reason.to_owned(),
            }),
        }
    }

    /// Reads all that a component asks for.
    pub(crate) fn of_requests(requests: &AccessRequests) -> Result<Vec<Self>, GrantError> {
        let each = requests.iter().map(|(key, pattern)| {
            let capability = key.parse().map_err(|error: super::UnknownCapability| GrantError {
                capability: Capability::Custom("custom:unknown".into()),
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })?;
            Self::parse(capability, pattern)
        });
        let asked: Vec<Self> = each.collect::<Result<_, _>>()?;
        let mut count = [0; Capability::NAMED.len() + 1];
        for grant in &asked {
            count[grant.capability.row()] += 1;
            if count[grant.capability.row()] > MAX_ASKED {
                return Err(GrantError {
                    capability: grant.capability.clone(),
                    pattern: grant.pattern(),
                    reason: "a component asks for at most 128 patterns of a capability".into(),
                });
            }
        }
        Ok(asked)
    }

    /// What it is a grant of.
    pub fn capability(&self) -> &Capability {
        &self.capability
    }

    /// The pattern, in full: an address has scheme and port.
    pub fn pattern(&self) -> String {
        match &self.pattern {
            Pattern::Path(pattern) => pattern.to_string(),
            Pattern::Outbound(pattern) => pattern.to_string(),
            Pattern::Inbound(pattern) => pattern.to_string(),
            Pattern::Name(name) => name.as_str().to_owned(),
        }
    }

    /// Whether every access that `other` is for is one that this is for.
    /// It may say no where that cannot be seen from the patterns.
    pub fn covers(&self, other: &Self) -> bool {
        self.capability == other.capability
            && match (&self.pattern, &other.pattern) {
                (Pattern::Path(own), Pattern::Path(other)) => own.covers(other),
                (Pattern::Outbound(own), Pattern::Outbound(other)) => own.covers(other),
                (Pattern::Inbound(own), Pattern::Inbound(other)) => own.covers(other),
                (Pattern::Name(own), Pattern::Name(other)) => {
                    let is_other_wild = is_wild(other.as_str());
                    own == other || own.as_str() == "*" || (!is_other_wild && own.fits(&unescaped(other.as_str())))
                }
                _ => false,
            }
    }

    /// Why it is broader than a grant should be; an operator has to say that it is meant.
    pub fn breadth(&self) -> Option<&'static str> {
        match &self.pattern {
            Pattern::Path(pattern) => pattern.is_anywhere().then_some("it is every directory"),
            Pattern::Outbound(pattern) => pattern.breadth(),
            Pattern::Inbound(pattern) => pattern.breadth(),
            Pattern::Name(name) => {
                let name = name.as_str();
                (name.chars().all(|c| matches!(c, '*' | '?')) && !name.is_empty()).then_some("it is every name")
            }
        }
    }

    /// Whether nothing but this machine is reached by it, over the network.
    pub(crate) fn is_loopback(&self) -> bool {
        match &self.pattern {
            Pattern::Outbound(pattern) => pattern.is_loopback(),
            Pattern::Inbound(pattern) => pattern.is_loopback(),
            Pattern::Path(_) | Pattern::Name(_) => false,
        }
    }

    /// Whether it is for connecting in this way.
    pub(crate) fn is_outbound(&self, scheme: Scheme) -> bool {
        matches!(&self.pattern, Pattern::Outbound(pattern) if pattern.is_of(scheme))
    }

    /// The guest directory below which all lies that it is for; none when it is not about files.
    pub(crate) fn directory(&self) -> Option<String> {
        match &self.pattern {
            Pattern::Path(pattern) => Some(pattern.directory()),
            _ => None,
        }
    }

    /// The guest directory that has to be somewhere on this machine for it; none when it is not about files.
    /// A single path right below the root is taken for a directory itself, because nobody wants the whole root there.
    pub(crate) fn mountable(&self) -> Option<String> {
        let directory = self.directory()?;
        let pattern = self.pattern();
        let is_single = pattern != "/" && !is_wild(&pattern);
        Some(if directory == "/" && is_single {
            unescaped(&pattern)
        } else {
            directory
        })
    }

    /// Whether all that `other` allows at this machine is what it is for.
    pub(super) fn covers_at(&self, name: &HostName, other: &Self) -> bool {
        match (&self.pattern, &other.pattern) {
            (Pattern::Outbound(own), Pattern::Outbound(other)) => own.covers_at(name, other),
            _ => false,
        }
    }

    /// Whether something below this guest path, not that path itself, is what it is for.
    pub(super) fn leads_below(&self, path: &str) -> bool {
        matches!(&self.pattern, Pattern::Path(pattern) if pattern.leads_below(path))
    }

    /// The bytes that every access begins with, as [`Access::beginning`] has it, that this is for.
    /// It is only there to find it: whether an access is what it is for says [`Self::fits`].
    pub(super) fn beginning(&self) -> Vec<u8> {
        match &self.pattern {
            Pattern::Path(pattern) => pattern.beginning(),
            Pattern::Outbound(pattern) => pattern.beginning(),
            Pattern::Inbound(_) => Vec::new(),
            Pattern::Name(name) => name.beginning().into_bytes(),
        }
    }

    /// The bytes that every access ends with that this is for; it may be less than that.
    pub(super) fn ending(&self) -> Vec<u8> {
        match &self.pattern {
            Pattern::Path(pattern) => pattern.ending(),
            // A machine is looked up from the end of its name.
            Pattern::Outbound(_) | Pattern::Inbound(_) => Vec::new(),
            Pattern::Name(name) => name.ending().into_bytes(),
        }
    }

    /// The one matcher: whether an access is what this is for.
    pub(crate) fn fits(&self, access: &Access<'_>) -> bool {
        match (&self.capability, &self.pattern, access) {
            (Capability::FileRead, Pattern::Path(pattern), Access::FileRead(path))
            | (Capability::FileWrite, Pattern::Path(pattern), Access::FileWrite(path)) => pattern.fits(path),
            (_, Pattern::Outbound(pattern), Access::Connect { scheme, host, port }) => {
                pattern.fits(*scheme, host, *port)
            }
            (_, Pattern::Outbound(pattern), Access::LookUp(name)) => pattern.fits_name(name),
            (_, Pattern::Inbound(pattern), Access::Listen { scheme, address, port }) => {
                pattern.fits(*scheme, *address, *port)
            }
            (Capability::SystemCall, Pattern::Name(own), Access::SystemCall(name))
            | (Capability::Storage, Pattern::Name(own), Access::Storage(name))
            | (Capability::Messaging, Pattern::Name(own), Access::Messaging(name)) => own.fits(name),
            _ => false,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.capability, self.pattern())
    }
}

fn name(text: &str) -> Result<TextPattern, &'static str> {
    if text.chars().any(char::is_control) {
        return Err("a name has no control characters");
    }
    if text.len() > MAX_NAME {
        return Err("a name has at most 256 bytes");
    }
    match TextPattern::new(text) {
        pattern if pattern.has_too_many_stars() => Err("a name has at most two `*`"),
        pattern if pattern.is_slow() => Err("a name has no `?` between two `*`"),
        pattern => Ok(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(capability: Capability, text: &str) -> Grant {
        Grant::parse(capability, text).unwrap()
    }

    #[test]
    fn a_grant_is_for_its_own_capability() {
        let read = grant(Capability::FileRead, "/data/**");
        assert!(read.fits(&Access::FileRead("/data/a")));
        assert!(!read.fits(&Access::FileWrite("/data/a")));
        assert!(!read.covers(&grant(Capability::FileWrite, "/data/a")));
        let storage = grant(Capability::Storage, "notes");
        assert!(storage.fits(&Access::Storage("notes")));
        assert!(!storage.fits(&Access::Messaging("notes")));
    }

    #[test]
    fn a_name_may_be_looked_up_to_connect_to_it() {
        let own = grant(Capability::NetworkOutbound, "tcp://*.example.com:5432");
        let check = |name, expected| assert_eq!(own.fits(&Access::LookUp(&HostName::parse(name).unwrap())), expected);
        check("db.example.com", true);
        check("example.com", false);
    }

    #[test]
    fn the_pattern_of_an_access_fits_it_alone() {
        let host = HostName::parse("a.b").unwrap();
        for access in [
            Access::FileRead("/a"),
            Access::FileWrite("/"),
            Access::Connect {
                scheme: Scheme::Tcp,
                host: &host,
                port: 7,
            },
            Access::Listen {
                scheme: Scheme::Udp,
                address: "::1".parse().unwrap(),
                port: 7,
            },
            Access::SystemCall("backup"),
            Access::Storage("notes"),
            Access::Messaging("orders"),
        ] {
            assert!(
                grant(access.capability(), &access.pattern()).fits(&access),
                "{access:?}"
            );
        }
    }

    #[test]
    fn broad_grants_are_known() {
        let check =
            |capability, text, expected| assert_eq!(grant(capability, text).breadth().is_some(), expected, "{text}");
        check(Capability::FileRead, "/**", true);
        check(Capability::FileRead, "/*/a", true);
        check(Capability::FileRead, "/", true);
        check(Capability::FileRead, "/data/**", false);
        check(Capability::NetworkInbound, "0.0.0.0:80", true);
        check(Capability::NetworkInbound, "80", false);
        check(Capability::SystemCall, "*", true);
    }
}
