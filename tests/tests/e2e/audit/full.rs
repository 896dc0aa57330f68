//! A disk that is full, under both policies.

use std::sync::atomic::Ordering;

use airssys_wasm::audit::{AuditState, Recorded};
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm::{Event, Origin};
use airssys_wasm_tests::{code, name, until};

use super::set_up::{end, entries, files, host, patient, soon, state, verified};

/// Fills the disk, and waits until the host has seen it.
async fn fill(test: &airssys_wasm_tests::TestHost, tuning: &airssys_wasm::audit::Tuning, seen: AuditState) {
    tuning.is_full.store(true, Ordering::Release);
    // Something has to be recorded for it to be seen.
    let grant = Grant::parse(Capability::Storage, "notes").unwrap();
    let _ = test.host.revoke(&name("other"), grant, &Origin::default()).await;
    until("the full disk", || test.host.audit().state == seen).await;
}

async fn empty(test: &airssys_wasm_tests::TestHost, tuning: &airssys_wasm::audit::Tuning) {
    tuning.is_full.store(false, Ordering::Release);
    until("room on the disk", || test.host.audit().state == AuditState::Recording).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_it_goes_on_and_nothing_is_lost_that_finds_room() {
    let tuning = patient();
    let test = host(&tuning, "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    fill(&test, &tuning, AuditState::Counting).await;
    assert!(test.host.audit().reason.is_some());
    assert_eq!(test.call("files", "read /data/f").await.unwrap(), "a file");
    test.host.deploy(files("1.1.0")).await.unwrap();
    empty(&test, &tuning).await;
    let told = test.events();
    assert!(
        told.iter()
            .any(|event| matches!(event, Event::AuditUnavailable { is_stopped: false, .. }))
    );
    // It records again a moment before it says so.
    let is_resumed = |event: &Event| matches!(event, Event::AuditResumed { .. });
    until("the word of it", || test.events().iter().any(is_resumed)).await;
    let folder = end(test).await;
    // All that waited is there: more would have been counted.
    let found = entries(&state(&folder));
    let deployments =
        |entry: &&airssys_wasm::audit::AuditEntry| matches!(entry.recorded, Recorded::DeploymentEnded { .. });
    assert_eq!(found.iter().filter(deployments).count(), 2);
    assert!(verified(&state(&folder)).await.is_intact());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_room_is_counted() {
    let tuning = patient();
    let test = host(&tuning, "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    fill(&test, &tuning, AuditState::Counting).await;
    // More than the queue and the writer hold.
    let asked = 10_000;
    for _ in 0..asked {
        let grant = Grant::parse(Capability::Storage, "notes").unwrap();
        test.host
            .revoke(&name("other"), grant, &Origin::default())
            .await
            .unwrap();
    }
    assert!(test.host.audit().lost > 0);
    empty(&test, &tuning).await;
    let folder = end(test).await;
    let found = entries(&state(&folder));
    let revoked = found
        .iter()
        .filter(|entry| matches!(entry.recorded, Recorded::Revoke { .. }))
        .count() as u64;
    let lost: u64 = found
        .iter()
        .filter_map(|entry| match entry.recorded {
            Recorded::Lost { entries } => Some(entries),
            _ => None,
        })
        .sum();
    assert_eq!(revoked + lost, asked + 1);
    let verified = verified(&state(&folder)).await;
    assert!(verified.is_intact() && verified.lost == lost, "{:?}", verified.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_says_so_everything_stops_until_there_is_room() {
    let tuning = patient();
    let test = host(&tuning, "when-full = \"stop\"").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    test.call("files", "read /data/f").await.unwrap();
    fill(&test, &tuning, AuditState::Stopped).await;
    assert_eq!(code(test.call("files", "read /data/f").await), "audit-unavailable");
    assert_eq!(code(test.host.deploy(files("1.1.0")).await), "audit-unavailable");
    let grant = Grant::parse(Capability::Storage, "notes").unwrap();
    assert_eq!(
        code(
            test.host
                .grant(&name("files"), grant, &airssys_wasm::GrantOptions::default())
                .await
        ),
        "audit-unavailable"
    );
    assert_eq!(code(test.host.remove(&name("files")).await), "audit-unavailable");
    let resumed = test.host.resume(&name("files"), &Origin::default()).await;
    assert_eq!(code(resumed), "audit-unavailable");
    // To look changes nothing, and goes on.
    assert_eq!(test.host.history(&name("files")).await.unwrap().len(), 1);
    empty(&test, &tuning).await;
    assert_eq!(test.call("files", "read /data/f").await.unwrap(), "a file");
    let told = test.events();
    assert!(
        told.iter()
            .any(|event| matches!(event, Event::AuditUnavailable { is_stopped: true, .. }))
    );
    let folder = end(test).await;
    soon(&state(&folder), "what was lost", |recorded| {
        matches!(recorded, Recorded::Lost { .. })
    })
    .await;
    assert!(verified(&state(&folder)).await.is_intact());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_open_its_log_starts_or_not_as_the_policy_says() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    std::fs::create_dir_all(state(&folder)).unwrap();
    std::fs::write(state(&folder).join("audit"), "in the way").unwrap();
    let set = super::set_up::set_up(folder.path(), &patient(), "when-full = \"stop\"");
    let refused = set(airssys_wasm::Host::builder()).build().await;
    assert_eq!(refused.unwrap_err().code().as_str(), "audit-unavailable");
    let test = super::set_up::open(folder, &patient(), "").await;
    assert_eq!(test.host.audit().state, AuditState::Counting);
    test.host.deploy(files("1.0.0")).await.unwrap();
    std::fs::remove_file(state(&test.folder).join("audit")).unwrap();
    until("the log", || test.host.audit().state == AuditState::Recording).await;
    let folder = end(test).await;
    assert!(verified(&state(&folder)).await.is_intact());
}
