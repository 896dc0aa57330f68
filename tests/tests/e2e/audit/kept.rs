//! How the log is kept: files, keys, crashes.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use airssys_wasm::audit::{Recorded, Tuning, key_files, verify};
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm::{Host, Origin};
use airssys_wasm_tests::{TestHost, name, program};

use super::set_up::{end, entries, expected, host, open, patient, problems, state, verified};

/// Has something recorded.
async fn record(test: &TestHost, times: usize) {
    for _ in 0..times {
        let grant = Grant::parse(Capability::Storage, "notes").unwrap();
        test.host
            .revoke(&name("other"), grant, &Origin::default())
            .await
            .unwrap();
    }
}

fn files_of(state: &Path) -> Vec<String> {
    let names = fs::read_dir(state.join("audit")).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn small() -> Tuning {
    let mut tuning = patient();
    tuning.file_bytes = 2_000;
    tuning
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_goes_on_from_file_to_file() {
    let test = host(&small(), "").await;
    record(&test, 60).await;
    let folder = end(test).await;
    let state = state(&folder);
    assert!(files_of(&state).len() > 5, "{:?}", files_of(&state));
    let found = verified(&state).await;
    assert!(
        found.is_intact() && found.files == files_of(&state).len() as u64,
        "{:?}",
        found.problems
    );
    let all = entries(&state);
    assert_eq!(all.len() as u64, found.size);
    // A file that is missing within is missed.
    let gone = state.join("audit").join(&files_of(&state)[2]);
    fs::remove_file(gone).unwrap();
    let said = problems(&verified(&state).await);
    assert!(
        said.iter().any(|problem| problem.contains("are missing before it")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_the_policy_removes_are_told_from_files_that_are_gone() {
    let test = host(&small(), "keep-files = 2").await;
    record(&test, 60).await;
    let folder = end(test).await;
    let state = state(&folder);
    let names = files_of(&state);
    assert!((2..=3).contains(&names.len()), "{names:?}");
    let found = verified(&state).await;
    assert!(found.is_intact() && found.removed > 0, "{:?}", found.problems);
    let expected = expected(&state).await;
    fs::remove_file(state.join("audit").join(&names[0])).unwrap();
    let said = problems(&verify(&state, &expected).unwrap());
    assert!(
        said.iter()
            .any(|problem| problem.contains("no entry says that they were removed")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_signed_by_the_old_one() {
    let test = host(&patient(), "").await;
    record(&test, 3).await;
    let before = test.host.audit().head.unwrap().key;
    let after = test.host.rotate_audit_key(&Origin::default()).await.unwrap();
    assert_ne!(before, after);
    record(&test, 3).await;
    let test = open(end(test).await, &patient(), "").await;
    assert_eq!(test.host.audit().head.unwrap().key, after);
    let folder = end(test).await;
    let state = state(&folder);
    let mut known = expected(&state).await;
    assert_eq!(known.key, Some(after));
    assert!(verify(&state, &known).unwrap().is_intact());
    // Who has only kept the first key goes on believing.
    known.key = Some(before);
    assert!(verify(&state, &known).unwrap().is_intact());
    let private = key_files(&state.join("cache.key"), &known.recorded.as_ref().unwrap().origin).0;
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&private).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    // A key that is gone is replaced, and that is not hidden.
    fs::remove_file(private).unwrap();
    let folder = end(open(folder, &patient(), "").await).await;
    let said = problems(&verified(&state).await);
    assert!(
        said.len() == 1 && said[0].contains("another key signs from here on"),
        "{said:?}"
    );
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_a_crash_has_cut_is_removed_and_said() {
    let test = host(&patient(), "").await;
    record(&test, 3).await;
    let folder = end(test).await;
    let state = state(&folder);
    let last = state.join("audit").join(&files_of(&state)[0]);
    OpenOptions::new()
        .append(true)
        .open(&last)
        .unwrap()
        .write_all(b"{\"seq\":9,\"at")
        .unwrap();
    let said = problems(&verified(&state).await);
    assert!(
        said.iter().any(|problem| problem.contains("the last line is cut")),
        "{said:?}"
    );
    let folder = end(open(folder, &patient(), "").await).await;
    let cut = entries(&state).into_iter().find_map(|entry| match entry.recorded {
        Recorded::TailCut { bytes } => Some(bytes),
        _ => None,
    });
    assert_eq!(cut, Some(12));
    assert!(verified(&state).await.is_intact());
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_did_is_there_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    for round in 1..=3 {
        let mut owner = Command::new(program("owner"))
            .args([state.to_str().unwrap(), "echo"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(owner.stdout.take().unwrap()), &mut ready).unwrap();
        owner.kill().unwrap();
        owner.wait().unwrap();
        let succeeded = entries(&state).into_iter().filter(
            |entry| matches!(&entry.recorded, Recorded::DeploymentEnded { outcome, .. } if outcome == "succeeded"),
        );
        assert_eq!(succeeded.count(), round);
    }
    let host = Host::builder().state_dir(&state).build().await.unwrap();
    host.shutdown().await.unwrap();
    drop(host);
    let found = verified(&state).await;
    assert!(found.is_intact(), "{:?}", found.problems);
    let is_stop = |recorded: &Recorded| matches!(recorded, Recorded::HostStopped);
    assert_eq!(
        entries(&state).iter().filter(|entry| is_stop(&entry.recorded)).count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_writes_does_not_disturb_who_verifies() {
    let test = host(&small(), "").await;
    let recording = tokio::spawn({
        let host = test.host.clone();
        async move {
            for _ in 0..100 {
                let grant = Grant::parse(Capability::Storage, "notes").unwrap();
                host.revoke(&name("other"), grant, &Origin::default()).await.unwrap();
            }
        }
    });
    let state = state(&test.folder);
    let mut rounds = 0;
    while !recording.is_finished() || rounds == 0 {
        let mut known = airssys_wasm::audit::Expected::default();
        let checkpoint = test.host.audit_checkpoint().await.unwrap();
        (known.recorded, known.key) = (test.host.audit().head, Some(checkpoint.key));
        known.checkpoint = Some(checkpoint);
        let found = verify(&state, &known).unwrap();
        let torn = |problem: &airssys_wasm::audit::Problem| problem.what.contains("the last line is cut");
        // A line that is being written is seen in part at worst.
        assert!(found.problems.iter().all(torn), "{:?}", found.problems);
        rounds += 1;
    }
    recording.await.unwrap();
}
