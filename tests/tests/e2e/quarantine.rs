//! Releases whose instances cannot be started: they wait, are quarantined, and come back.

use std::fs;
use std::path::Path;

use airssys_wasm::capability::Policy;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::{Error, Event, Origin};
use airssys_wasm_tests::{TestHost, code, guest, name};

/// A component that starts only as long as its configuration says so, which is decided at each start.
fn package(version: &str, init: &str) -> Package {
    let config = serde_json::json!({ "init": init });
    let manifest = Manifest::parse("manifest-version = 1\n[instances]\nmode = \"fresh\"\n").unwrap();
    Package::new(guest("init-fails"))
        .name(name("a"))
        .version(version.parse().unwrap())
        .manifest(manifest)
        .config(config.as_object().unwrap().clone())
}

/// A host with a component that starts as long as there is a file in this directory.
async fn depending(directory: &Path) -> TestHost {
    fs::write(directory.join("there"), "").unwrap();
    let policy = format!(
        "policy-version = 1\n[[grant]]\nto = \"*\"\nfile-read = [\"/data/**\"]\nmounts = {{ \"/data\" = {:?} }}\n",
        directory.display().to_string()
    );
    let test = TestHost::with(|builder| builder.policy(Policy::parse(&policy).unwrap())).await;
    let manifest = "manifest-version = 1\n[instances]\nmode = \"fresh\"\n[capabilities]\nfile-read = [\"/data/**\"]\n";
    let package = Package::new(guest("needs-a-file"))
        .name(name("a"))
        .manifest(Manifest::parse(manifest).unwrap());
    test.host.deploy(package).await.unwrap();
    test
}

/// Calls until the component is quarantined; returns every code on the way.
async fn until_quarantined(test: &TestHost) -> Vec<&'static str> {
    let mut codes = Vec::new();
    loop {
        let error = test.call("a", "").await.unwrap_err();
        codes.push(error.code().as_str());
        match error {
            Error::Quarantined { failures, reason, .. } => {
                assert!(failures == 5 && reason.contains("there"), "{failures} {reason}");
                return codes;
            }
            Error::BackingOff { retry_in, .. } => {
                // As a caller does who comes again when it is told to.
                tokio::time::timeout(retry_in, std::future::pending::<()>())
                    .await
                    .unwrap_err();
            }
            _ => {}
        }
    }
}

fn quarantined(test: &TestHost) -> usize {
    let events = test.events();
    events
        .iter()
        .filter(|event| matches!(event, Event::Quarantined { .. }))
        .count()
}

#[tokio::test]
async fn a_component_that_cannot_be_started_is_quarantined_until_an_operator_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let test = depending(folder.path()).await;
    test.deploy("echo").await.unwrap();
    assert_eq!(test.call("a", "").await.unwrap(), "started");
    fs::remove_file(folder.path().join("there")).unwrap();
    let codes = until_quarantined(&test).await;
    assert_eq!(
        codes.iter().filter(|code| **code == "guest-error").count(),
        5,
        "{codes:?}"
    );
    assert!(
        codes.iter().filter(|code| **code == "backing-off").count() >= 4,
        "{codes:?}"
    );
    assert_eq!(quarantined(&test), 1);
    let status = test.status("a").releases.remove(0);
    assert!(
        status
            .quarantine
            .is_some_and(|quarantine| quarantine.retry_in_seconds > 20.0)
    );
    assert_eq!(test.call("echo", "well").await.unwrap(), "well");
    // What it needs is there again, and nobody waits for its time.
    fs::write(folder.path().join("there"), "").unwrap();
    assert_eq!(code(test.call("a", "").await), "quarantined");
    assert!(test.host.resume(&name("a"), &Origin::default()).await.unwrap());
    assert_eq!(test.call("a", "").await.unwrap(), "started");
    assert!(!test.host.resume(&name("a"), &Origin::default()).await.unwrap());
    assert!(test.events().iter().any(|event| matches!(event, Event::Resumed { .. })));
    assert!(test.status("a").releases[0].quarantine.is_none());
}

#[tokio::test]
async fn another_deployment_ends_a_quarantine_and_its_own_failures_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let test = depending(folder.path()).await;
    fs::remove_file(folder.path().join("there")).unwrap();
    until_quarantined(&test).await;
    // A candidate that cannot be started fails its deployment, and nothing of the other.
    assert_eq!(code(test.host.deploy(package("9.0.0", "refuse")).await), "guest-error");
    assert_eq!(code(test.call("a", "").await), "quarantined");
    test.host.deploy(package("9.0.1", "accept")).await.unwrap();
    assert_eq!(test.call("a", "").await.unwrap(), "accepted");
    assert_eq!(quarantined(&test), 1);
}

#[tokio::test]
async fn a_component_that_cannot_be_started_again_after_a_restart_is_quarantined_too() {
    let folder = tempfile::tempdir().unwrap();
    let test = depending(folder.path()).await;
    let policy = format!(
        "policy-version = 1\n[[grant]]\nto = \"*\"\nfile-read = [\"/data/**\"]\nmounts = {{ \"/data\" = {:?} }}\n",
        folder.path().display().to_string()
    );
    test.host.shutdown().await.unwrap();
    let state = test.folder.clone();
    drop(test);
    fs::remove_file(folder.path().join("there")).unwrap();
    let test = TestHost::open(state, |builder| builder.policy(Policy::parse(&policy).unwrap())).await;
    until_quarantined(&test).await;
    assert_eq!(quarantined(&test), 1);
}

#[tokio::test]
async fn calls_that_trap_quarantine_nothing() {
    let test = TestHost::new().await;
    test.deploy("traps").await.unwrap();
    for _ in 0..30 {
        assert_eq!(code(test.call("traps", "").await), "trap");
    }
    assert_eq!(test.call("traps", "be kind").await.unwrap(), "survived");
    assert_eq!(quarantined(&test), 0);
}
