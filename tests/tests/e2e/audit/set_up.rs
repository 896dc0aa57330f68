//! A host whose components reach files, and what its log says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::audit::{
    AuditEntry, AuditReader, Expected, PublicKey, Recorded, Tuning, Verification, key_files, verify,
};
use airssys_wasm::capability::Policy;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::{Host, HostBuilder};
use airssys_wasm_tests::{TestHost, guest, name, until};

/// Nothing is counted or signed by itself before the end of a test.
pub(super) fn patient() -> Tuning {
    Tuning {
        interval: Duration::from_secs(3_600),
        pause: Duration::from_millis(5),
        ..Tuning::default()
    }
}

/// A host that keeps its log like this, with what its policy says of that.
pub(super) async fn host(tuning: &Tuning, audit: &str) -> TestHost {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    open(folder, tuning, audit).await
}

pub(super) async fn open(folder: Arc<tempfile::TempDir>, tuning: &Tuning, audit: &str) -> TestHost {
    let set = set_up(folder.path(), tuning, audit);
    TestHost::open(folder, set).await
}

/// What the builder of such a host gets: component `files` may read and write the directory `data` in `folder`.
pub(super) fn set_up(folder: &Path, tuning: &Tuning, audit: &str) -> impl FnOnce(HostBuilder) -> HostBuilder + use<> {
    let data = folder.join("beside/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("f"), "a file").unwrap();
    let policy = format!(
        "policy-version = 1\n[audit]\n{audit}\n[[grant]]\nto = \"files\"\nfile-read = [\"/data/**\"]\n\
         file-write = [\"/data/**\"]\nmounts = {{ \"/data\" = \"{}\" }}\n",
        data.display()
    );
    let (policy, tuning) = (Policy::parse(&policy).unwrap(), tuning.clone());
    // Mounts may not lie in the state directory.
    let state = folder.join("state");
    move |builder| builder.state_dir(state).policy(policy).audit_tuning(tuning)
}

/// Where the state of such a host is.
pub(super) fn state(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("state")
}

/// The component that reads and writes files.
pub(super) fn files(version: &str) -> Package {
    let manifest = "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/**\"]\nfile-write = [\"/data/**\"]\n";
    Package::new(guest("uses-files"))
        .manifest(Manifest::parse(manifest).unwrap())
        .name(name("files"))
        .version(version.parse().unwrap())
}

/// What is in the log by now.
pub(super) fn entries(state: &Path) -> Vec<AuditEntry> {
    let mut reader = AuditReader::new(state);
    let mut all = Vec::new();
    loop {
        let entries = reader.next().unwrap();
        if entries.is_empty() {
            return all;
        }
        all.extend(entries.into_iter().map(Result::unwrap));
    }
}

/// Waits until the log has something.
pub(super) async fn soon(state: &Path, what: &str, is_it: impl Fn(&Recorded) -> bool) {
    until(what, || entries(state).iter().any(|entry| is_it(&entry.recorded))).await;
}

/// Ends a host in order.
pub(super) async fn end(test: TestHost) -> Arc<tempfile::TempDir> {
    test.host.shutdown().await.unwrap();
    test.folder
}

/// What the store and the key of a directory without a host say of its log.
pub(super) async fn expected(state: &Path) -> Expected {
    let mut expected = Expected::default();
    expected.recorded = Host::recorded_audit(state).await.unwrap();
    let origin = &expected.recorded.as_ref().unwrap().origin;
    expected.key = Some(PublicKey::read(&key_files(&state.join("cache.key"), origin).1).unwrap());
    expected
}

/// Verifies the log of a directory without a host.
pub(super) async fn verified(state: &Path) -> Verification {
    verify(state, &expected(state).await).unwrap()
}

/// The problems, as people see them.
pub(super) fn problems(found: &Verification) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}
