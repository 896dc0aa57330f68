//! A disk that fails in the middle of a line: what was begun is no entry, and nothing is written after it before it is gone.

use std::sync::atomic::Ordering;

use airssys_wasm::audit::{AuditState, Expected, Recorded, Tuning, verify};
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm::{Event, Origin};
use airssys_wasm_tests::{TestHost, code, name, until};

use super::set_up::{end, entries, files, host, open, patient, problems, state, verified};

/// Has the disk fail while something is recorded, and waits until the host has seen it.
async fn fail(test: &TestHost, tuning: &Tuning, seen: AuditState) {
    tuning.fails_halfway.store(true, Ordering::Release);
    let grant = Grant::parse(Capability::Storage, "notes").unwrap();
    let _ = test.host.revoke(&name("other"), grant, &Origin::default()).await;
    until("the failed disk", || test.host.audit().state == seen).await;
}

async fn recover(test: &TestHost, tuning: &Tuning) {
    tuning.fails_halfway.store(false, Ordering::Release);
    until("the disk", || test.host.audit().state == AuditState::Recording).await;
}

/// Whether the newest file of the log ends within a line.
fn is_torn(test: &TestHost) -> bool {
    let folder = state(&test.folder).join("audit");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    !std::fs::read(names.max().unwrap()).unwrap().ends_with(b"\n")
}

/// What is wrong with the log beside the host that writes it.
fn wrong(test: &TestHost) -> Vec<String> {
    let mut expected = Expected::default();
    expected.recorded = test.host.audit().head;
    expected.key = expected.recorded.as_ref().map(|head| head.key);
    problems(&verify(&state(&test.folder), &expected).unwrap())
}

fn revocations(test: &TestHost) -> usize {
    let is_one = |recorded: &Recorded| matches!(recorded, Recorded::Revoke { .. });
    let entries = entries(&state(&test.folder));
    entries.iter().filter(|entry| is_one(&entry.recorded)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_says_count_it_goes_on_and_the_line_is_written_whole_afterwards() {
    let tuning = patient();
    let test = host(&tuning, "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    assert_eq!(wrong(&test), [""; 0]);
    fail(&test, &tuning, AuditState::Counting).await;
    assert!(is_torn(&test));
    // What is there is told: a line that is cut, and nothing else.
    let told = wrong(&test);
    assert!(told.len() == 1 && told[0].ends_with("the last line is cut"), "{told:?}");
    assert_eq!(revocations(&test), 0);
    assert_eq!(test.call("files", "read /data/f").await.unwrap(), "a file");
    // However often it is tried meanwhile, no second line begins behind the first.
    let grant = Grant::parse(Capability::Storage, "more").unwrap();
    test.host
        .revoke(&name("other"), grant, &Origin::default())
        .await
        .unwrap();
    assert_eq!(wrong(&test), told);
    recover(&test, &tuning).await;
    assert_eq!((wrong(&test), revocations(&test)), (Vec::new(), 2));
    let folder = end(test).await;
    let verified = verified(&state(&folder)).await;
    assert!(verified.is_intact() && verified.lost == 0, "{:?}", verified.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_says_stop_nothing_happens_until_the_line_can_be_written() {
    let tuning = patient();
    let test = host(&tuning, "when-full = \"stop\"").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    fail(&test, &tuning, AuditState::Stopped).await;
    assert!(is_torn(&test) && wrong(&test).len() == 1);
    assert_eq!(code(test.call("files", "read /data/f").await), "audit-unavailable");
    let resumed = test.host.resume(&name("files"), &Origin::default()).await;
    assert_eq!(code(resumed), "audit-unavailable");
    recover(&test, &tuning).await;
    assert_eq!(test.call("files", "read /data/f").await.unwrap(), "a file");
    // What was refused has not happened, and that somebody wanted it is a number.
    assert_eq!((wrong(&test), revocations(&test)), (Vec::new(), 0));
    let lost = test.host.audit().lost;
    let folder = end(test).await;
    let verified = verified(&state(&folder)).await;
    assert!(
        verified.is_intact() && lost > 0 && verified.lost == lost,
        "{verified:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_leaves_that_ends_meanwhile_is_told_and_then_removed() {
    let tuning = patient();
    let test = host(&tuning, "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    fail(&test, &tuning, AuditState::Counting).await;
    let folder = end(test).await;
    let found = problems(&verified(&state(&folder)).await);
    assert!(
        found.len() == 1 && found[0].ends_with("the last line is cut"),
        "{found:?}"
    );
    let test = open(folder, &patient(), "").await;
    assert!(
        test.events()
            .iter()
            .all(|event| !matches!(event, Event::AuditUnavailable { .. }))
    );
    let folder = end(test).await;
    let found = entries(&state(&folder));
    let cut = found
        .iter()
        .filter(|entry| matches!(entry.recorded, Recorded::TailCut { bytes } if bytes > 0));
    assert_eq!(cut.count(), 1);
    let verified = verified(&state(&folder)).await;
    assert!(verified.is_intact(), "{:?}", verified.problems);
}
