//! One decision of a gate, taken again and again: for the benchmark of this crate, which sees no gate otherwise.

use std::sync::Arc;

use super::access::Access;
use super::address::Scheme;
use super::host_name::HostName;
use super::{Capability, Clearance, Gate, Grant, GrantSet, Grants, Source};
use crate::audit::Account;
use crate::component::Package;
use crate::error::Result;
use crate::event::Events;

/// The smallest component: its header.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// An access, and the gate of a component that asks for the patterns that it is granted.
pub struct Decision {
    gate: Gate,
    subject: Subject,
}

enum Subject {
    File(String),
    Machine(HostName, u16),
}

impl Decision {
    /// Of reading a file.
    ///
    /// # Errors
    ///
    /// When something of it is malformed.
    pub fn on_file(patterns: &[String], path: &str) -> Result<Self> {
        Ok(Self {
            gate: gate(&Capability::FileRead, patterns)?,
            subject: Subject::File(path.to_owned()),
        })
    }

    /// Of a request by HTTPS; none for what is no name and no address.
    ///
    /// # Errors
    ///
    /// When something of it is malformed.
    pub fn on_request(patterns: &[String], host: &str, port: u16) -> Result<Option<Self>> {
        let gate = gate(&Capability::NetworkOutbound, patterns)?;
        Ok(HostName::parse(host).map(|host| Self {
            gate,
            subject: Subject::Machine(host, port),
        }))
    }

    /// Whether it is allowed.
    pub fn take(&self) -> bool {
        let access = match &self.subject {
            Subject::File(path) => Access::FileRead(path),
            Subject::Machine(host, port) => Access::Connect {
                scheme: Scheme::Https,
                host,
                port: *port,
            },
        };
        self.gate.check(&access).is_ok()
    }
}

fn gate(capability: &Capability, patterns: &[String]) -> Result<Gate> {
    let mut set = GrantSet::default();
    let mut asked = Vec::new();
    for pattern in patterns {
        let grant = Grant::parse(capability.clone(), pattern)?;
        set.grant(grant.clone(), Source::Policy);
        asked.push(grant);
    }
    let package = Package::new(EMPTY)
        .name("decided".parse()?)
        .version(semver::Version::new(1, 0, 0));
    let clearance = Clearance {
        asked: asked.into(),
        grants: Arc::new(Grants::new(set)),
        account: Account::default(),
        teaches: false,
    };
    Ok(Gate::new(
        clearance,
        Arc::new(package.validate()?.release),
        Events::default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations;

    /// As many patterns, of which the last is `last`.
    fn patterns(number: usize, last: &str, other: impl Fn(usize) -> String) -> Vec<String> {
        (1..number).map(other).chain([last.to_owned()]).collect()
    }

    #[test]
    fn an_allow_allocates_nothing() {
        for number in [1, 16, 128] {
            let on_file = |last, other: fn(usize) -> String, path| {
                Decision::on_file(&patterns(number, last, other), path).unwrap()
            };
            let on_request = |last, other: fn(usize) -> String, host| {
                let decision = Decision::on_request(&patterns(number, last, other), host, 443).unwrap();
                decision.unwrap()
            };
            for decision in [
                on_file("/data/**", |n| format!("/data/{n}/**"), "/data/a/b.txt"),
                on_file("/data/*.txt", |n| format!("/data/*.{n}"), "/data/a.txt"),
                on_file("/data/a?/**/z", |n| format!("/data/**/{n}"), "/data/ab/c/d/z"),
                on_request("*.example.com", |n| format!("a{n}.example.com"), "b.example.com"),
                on_request("a.example.com", |n| format!("*.{n}.example.com"), "a.example.com"),
                on_request("10.0.0.0/8", |n| format!("10.{n}.0.0/17"), "10.9.255.1"),
            ] {
                // The first on a thread makes what all others on it use.
                assert!(decision.take());
                let before = allocations::count();
                assert!(decision.take());
                assert_eq!(allocations::count(), before, "{number}");
            }
        }
        // The counter counts.
        let before = allocations::count();
        drop(std::hint::black_box(Box::new(1)));
        assert_eq!(allocations::count(), before + 1);
    }

    #[test]
    fn what_does_not_fit_is_denied_among_many() {
        let asked = patterns(128, "/data/*.txt", |n| format!("/data/{n}/**"));
        assert!(!Decision::on_file(&asked, "/data/a.md").unwrap().take());
        assert!(Decision::on_file(&asked, "/data/77/a.md").unwrap().take());
        let asked = patterns(128, "*.example.com", |n| format!("a{n}.example.org"));
        let on = |host| Decision::on_request(&asked, host, 443).unwrap().unwrap().take();
        assert!(!on("example.com") && !on("a128.example.org") && !on("evilexample.com"));
        assert!(on("a127.example.org") && on("a.b.example.com"));
    }
}
