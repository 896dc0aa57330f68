//! Every error arrives in another process as what it was.

use std::collections::BTreeSet;
use std::io;

use super::*;
use crate::capability::{Grant, GrantSet};
use crate::component::{Failure, Manifest, parse_version};

/// One error of each variant, and more of those that hold others.
fn every() -> Vec<Error> {
    let name: ComponentName = "acme:a".parse().unwrap();
    let label = String::from("acme:a@1.0.0");
    let reason = || String::from("the moon is full\n\u{1b}");
    vec![
        Error::Name("A\u{0}".parse::<ComponentName>().unwrap_err()),
        Error::Version(parse_version("1.x").unwrap_err()),
        Error::Manifest(Manifest::parse("manifest-version = 1\n[component]\nnmae = 1\n").unwrap_err()),
        Error::Grant(Grant::parse(Capability::FileRead, "data").unwrap_err()),
        Error::Policy {
            path: "/etc/policy.toml".into(),
            reason: reason(),
            is_exposed: true,
        },
        Error::NotGranted {
            label: label.clone(),
            missing: GrantSet::default().missing(&[Grant::parse(Capability::FileRead, "/data/**").unwrap()]),
            policy: Some("/etc/policy.toml".into()),
        },
        Error::BroadGrant {
            capability: Capability::FileRead,
            pattern: "/**".into(),
            breadth: "it is every directory".into(),
        },
        Error::Unnamed,
        Error::NotAComponent { reason: reason() },
        Error::too_large(Bounded::Output, 5, 4),
        Error::TooComplex {
            what: "functions".into(),
            count: u64::MAX,
            limit: 1,
        },
        Error::NoWit { reason: reason() },
        Error::UnknownImport {
            import: "a:b/c".into(),
            reason: reason(),
        },
        Error::MistypedExport {
            export: "a:b/c".into(),
            reason: reason(),
        },
        Error::Compile { reason: reason() },
        Error::NotCallable {
            name: name.clone(),
            kind: Kind::Http,
        },
        Error::NotHttp {
            name: name.clone(),
            kind: Kind::Command,
        },
        Error::RouteTaken {
            route: "/greet/*".parse().unwrap(),
            owner: Some(name.clone()),
        },
        Error::RouteTaken {
            route: HttpRoute::of_name(&"call".parse().unwrap()),
            owner: None,
        },
        Error::ReservedExport("shutdown".into()),
        Error::UnknownExport {
            component: name.clone(),
            export: "ad".into(),
            candidates: Vec::new(),
            nearest: Some("add".into()),
        },
        Error::UnsupportedType {
            export: "a".into(),
            signature: "a() -> stream<u8>".into(),
        },
        Error::from(ArgumentError {
            export: "add".into(),
            signature: "add(a: s32)".into(),
            place: "a.b[2]".into(),
            reason: reason(),
            text: "add(x)".into(),
            span: 4..5,
        }),
        Error::Trap { message: reason() },
        Error::Deadline {
            entry: "execute".into(),
            deadline: Duration::new(1, 1),
        },
        Error::Fuel { fuel: u64::MAX },
        Error::Memory {
            limit: ByteCount((64 << 20) + 1),
        },
        Error::NoResponse { reason: reason() },
        Error::BrokenRequest {
            reason: "it was too slow".into(),
        },
        Error::Guest(ComponentError::Failed(Failure {
            code: "c".into(),
            message: reason(),
        })),
        Error::Guest(ComponentError::InvalidInput(reason())),
        Error::Exit { status: -1 },
        Error::Unhealthy { reason: reason() },
        Error::Busy {
            name: name.clone(),
            limit: 1,
        },
        Error::UnknownComponent {
            name: name.clone(),
            nearest: Some("b".parse().unwrap()),
        },
        Error::ReleaseExists { label: label.clone() },
        Error::Conflict { name: name.clone() },
        Error::Deployment {
            label: label.clone(),
            reason: Box::new(Error::GateFailed {
                gate: "error-rate > 1%".into(),
                measured: "2 % of 100 calls".into(),
            }),
        },
        Error::UnknownRelease {
            label: label.clone(),
            known: vec![Version::new(1, 0, 0), "1.0.0+dev.1".parse().unwrap()],
        },
        Error::ReleaseCollected { label: label.clone() },
        Error::NothingEarlier { name: name.clone() },
        Error::NoEarlierState { label: label.clone() },
        Error::Incompatible {
            label: label.clone(),
            from: Version::new(1, 0, 0),
            differences: vec![reason(); 10],
        },
        Error::UnsuitableStrategy {
            name: name.clone(),
            strategy: "canary".into(),
            reason: "it is an actor".into(),
        },
        Error::InvalidOptions { reason: reason() },
        Error::GateFailed {
            gate: "p99 > 1s".into(),
            measured: "2s".into(),
        },
        Error::Aborted {
            reason: "the operator rolled back".into(),
        },
        Error::Cancelled { label },
        Error::StateInUse {
            directory: "/state".into(),
            process: Some(7),
        },
        Error::store("locking the directory", io::Error::from_raw_os_error(28)),
        Error::store("reading", Error::Version(parse_version("x").unwrap_err())),
        Error::Damaged { what: reason() },
        Error::AuditUnavailable { reason: reason() },
        Error::Engine { reason: reason() },
        Error::Mount {
            directory: "/data".into(),
            reason: reason(),
        },
        Error::CompilerUnavailable {
            program: "/bin/false".into(),
            reason: reason(),
        },
        Error::Listen {
            address: ([127, 0, 0, 1], 80).into(),
            reason: reason(),
        },
        Error::RemoteAddress {
            address: ([0, 0, 0, 0], 80).into(),
        },
        Error::Closed,
        Error::AboveCeiling {
            label: "a@1.0.0".into(),
            above: vec![AboveCeiling {
                limit: Limit::Memory,
                asked: 2 << 30,
                ceiling: 1 << 30,
                has_own: false,
            }],
            policy: Some("/policy.toml".into()),
        },
        Error::Limit {
            limit: Limit::HostCalls,
            allowed: 7,
        },
        Error::OverBudget {
            name: "a".parse().unwrap(),
            resource: HostResource::Memory,
            left: 1 << 20,
            budget: 1 << 30,
        },
        Error::BackingOff {
            label: "a@1.0.0".into(),
            failures: 1,
            reason: reason(),
            retry_in: Duration::from_millis(100),
        },
        Error::Quarantined {
            label: "a@1.0.0".into(),
            failures: 5,
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            reason: reason(),
            retry_in: Duration::from_secs(30),
        },
        Error::Unreachable {
            directory: "/state".into(),
            reason: reason(),
        },
        Error::AuditUnavailable { reason: reason() },
        Error::Refused { reason: reason() },
    ]
}

fn texts(error: &Error) -> Vec<String> {
    let first: &dyn std::error::Error = error;
    let mut texts = Vec::new();
    let mut next = Some(first);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts
}

#[test]
fn every_error_is_read_as_it_was_written() {
    for error in every() {
        let text = serde_json::to_string(&error).unwrap();
        let read: Error = serde_json::from_str(&text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!(read.code(), error.code());
        assert_eq!(texts(&read), texts(&error));
        assert_eq!(read.is_guest_fault(), error.is_guest_fault());
        // Debugging shows the fields, of which only the types of boxed sources may have changed.
        if !matches!(error, Error::Store { .. } | Error::Version(_)) {
            assert_eq!(format!("{read:?}"), format!("{error:?}"));
        }
    }
}

#[test]
fn every_code_is_tried() {
    let tried: BTreeSet<&str> = every().iter().map(|error| error.code().as_str()).collect();
    assert_eq!(tried, Error::CODES.iter().copied().collect());
}

#[test]
fn a_path_that_is_no_unicode_is_shown_as_it_is_printed() {
    use std::os::unix::ffi::OsStringExt;

    let error = Error::StateInUse {
        directory: std::ffi::OsString::from_vec(b"/st\xffte".to_vec()).into(),
        process: None,
    };
    let read: Error = serde_json::from_str(&serde_json::to_string(&error).unwrap()).unwrap();
    assert_eq!(read.to_string(), error.to_string());
}

#[test]
fn an_error_of_a_newer_version_is_refused_and_not_misread() {
    for text in [r#"{"moon":{"phase":1}}"#, r#""moon""#, "{}", "7", r#"{"closed":{}}"#] {
        assert!(serde_json::from_str::<Error>(text).is_err(), "{text}");
    }
}
