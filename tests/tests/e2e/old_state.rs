//! A state directory that an earlier version wrote is used as it is.

use std::path::Path;
use std::sync::Arc;

use airssys_wasm_tests::{TestHost, workspace};

/// A copy of a directory of `tests/fixtures`.
fn copy_of(fixture: &str) -> Arc<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace().join("tests/fixtures").join(fixture), folder.path());
    Arc::new(folder)
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copied = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&copied).unwrap();
            copy(&entry.path(), &copied);
        } else {
            std::fs::copy(entry.path(), copied).unwrap();
        }
    }
}

/// Its `echo` is a pool, and its `counter` an actor that had counted to three.
#[tokio::test]
async fn components_and_states_of_schema_1_are_there() {
    let test = TestHost::open(copy_of("state-schema-1"), |builder| builder).await;
    for _ in 0..2 {
        let status = test.host.status();
        let described = status.iter().map(|component| {
            let release = &component.release;
            (release.label(), release.has_state, component.deployment)
        });
        let expected = [
            ("counter@1.0.0".to_owned(), true, 2),
            ("echo@1.0.0".to_owned(), false, 1),
        ];
        assert!(described.eq(expected), "{status:?}");
    }
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
    assert_eq!(test.call("counter", "x").await.unwrap(), "4");
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "x").await.unwrap(), "5");
}
