//! One concrete access, as the gate decides on it.

use std::net::IpAddr;

use super::Capability;
use super::address::Scheme;
use super::glob::escaped;
use super::host_name::{HostBeginning, HostName};
use super::tool_files::is_taken_by_tools;

/// What a guest is about to do, normalised: there is one way to write each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access<'a> {
    /// Reads a file or directory: an absolute guest path without `.`, `..` and empty components.
    FileRead(&'a str),
    /// Changes a file or directory, or what is in it.
    FileWrite(&'a str),
    /// Connects, sends or requests.
    Connect {
        scheme: Scheme,
        host: &'a HostName,
        port: u16,
    },
    /// Looks up the addresses of a name.
    LookUp(&'a HostName),
    /// Binds a socket, listens on it, or takes what comes to it.
    Listen { scheme: Scheme, address: IpAddr, port: u16 },
    /// Runs a command of the operator.
    SystemCall(&'a str),
    /// Uses a key-value bucket.
    #[cfg_attr(not(test), expect(dead_code, reason = "no interface of key-value is offered yet"))]
    Storage(&'a str),
    /// Sends to a component or topic.
    #[cfg_attr(not(test), expect(dead_code, reason = "no interface of messages is offered yet"))]
    Messaging(&'a str),
}

/// What an access begins with, without a place of its own in memory.
#[allow(
    clippy::large_enum_variant,
    reason = "it lives on the stack, and nothing is allocated for it"
)]
pub(super) enum Beginning<'a> {
    Text(&'a [u8]),
    Host(HostBeginning),
}

impl AsRef<[u8]> for Beginning<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Host(host) => host.as_ref(),
        }
    }
}

impl Access<'_> {
    /// What kind of access it is.
    pub(crate) fn capability(&self) -> Capability {
        match self {
            Self::FileRead(_) => Capability::FileRead,
            Self::FileWrite(_) => Capability::FileWrite,
            Self::Connect { .. } | Self::LookUp(_) => Capability::NetworkOutbound,
            Self::Listen { .. } => Capability::NetworkInbound,
            Self::SystemCall(_) => Capability::SystemCall,
            Self::Storage(_) => Capability::Storage,
            Self::Messaging(_) => Capability::Messaging,
        }
    }

    /// The row of what is asked for and granted that it is looked up in.
    pub(super) fn row(&self) -> usize {
        self.capability().row()
    }

    /// What the beginnings of patterns are compared with; see [`Grant::beginning`](super::Grant).
    pub(super) fn beginning(&self) -> Beginning<'_> {
        match self {
            Self::FileRead(text)
            | Self::FileWrite(text)
            | Self::SystemCall(text)
            | Self::Storage(text)
            | Self::Messaging(text) => Beginning::Text(text.as_bytes()),
            Self::Connect { host, .. } | Self::LookUp(host) => Beginning::Host(host.beginning()),
            Self::Listen { .. } => Beginning::Text(&[]),
        }
    }

    /// Whether it reads what is hidden, or changes what tools take by themselves or what is in it.
    pub(super) fn concerns_tools(&self) -> bool {
        match self {
            Self::FileRead(path) => is_hidden(path),
            Self::FileWrite(path) => path.split('/').any(is_taken_by_tools),
            _ => false,
        }
    }

    /// The narrowest pattern that fits it, as a manifest has it.
    ///
    /// A guest may name a file `**`: whoever adds the line that a denial shows would grant every directory.
    /// So what would stand for others in a name is escaped.
    pub(crate) fn pattern(&self) -> String {
        match self {
            Self::FileRead(path) | Self::FileWrite(path) => escaped(path),
            Self::Connect { scheme, host, port } => format!("{}://{host}:{port}", scheme.as_str()),
            // A name is looked up to connect to it, and how is not known yet.
            Self::LookUp(name) => format!("tcp://{name}:*"),
            Self::Listen { scheme, address, port } => {
                let scheme = if *scheme == Scheme::Udp { "udp://" } else { "" };
                format!("{scheme}{}:{port}", HostName::Address(*address))
            }
            Self::SystemCall(name) | Self::Storage(name) | Self::Messaging(name) => escaped(name),
        }
    }
}

/// Whether a file or directory is hidden, or in one that is.
pub(super) fn is_hidden(path: &str) -> bool {
    path.contains("/.")
}

#[cfg(test)]
mod tests {
    use super::super::Grant;
    use super::*;

    #[test]
    fn the_pattern_of_an_access_is_no_broader_than_it() {
        for (path, pattern) in [
            ("/a/b", "/a/b"),
            ("/**", "/[*][*]"),
            ("/home/*", "/home/[*]"),
            ("/a/**/b*", "/a/[*][*]/b[*]"),
        ] {
            let access = Access::FileRead(path);
            assert_eq!(access.pattern(), pattern);
            let grant = Grant::parse(access.capability(), pattern).unwrap();
            assert!(grant.fits(&access) && !grant.fits(&Access::FileRead("/home/ann/secret")));
        }
        assert_eq!(Access::SystemCall("*").pattern(), "[*]");
    }
}
