//! A state directory that an earlier version wrote is used as it is.

use std::sync::Arc;

use airssys_wasm_tests::{TestHost, copy_folder, workspace};

/// A copy of a directory of `tests/fixtures`.
fn copy_of(fixture: &str) -> Arc<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&workspace().join("tests/fixtures").join(fixture), folder.path());
    Arc::new(folder)
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
