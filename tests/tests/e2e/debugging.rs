//! Core dumps of traps, and profiles of calls.

use std::os::unix::fs::PermissionsExt;

use airssys_wasm::Event;
use airssys_wasm::component::Manifest;
use airssys_wasm_tests::{TestHost, code};

#[tokio::test]
async fn a_trap_leaves_a_core_dump_that_only_this_user_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = folder.path().join("dumps");
    let test = TestHost::with(|builder| builder.core_dumps(&dumps)).await;
    test.deploy("traps").await.unwrap();
    assert_eq!(code(test.call("traps", "").await), "trap");
    let path = dumps.join("traps-1.0.0-1.coredump");
    assert!(
        test.events()
            .iter()
            .any(|event| matches!(event, Event::CoreDumped { path: at, .. } if *at == path))
    );
    let dump = std::fs::read(&path).unwrap();
    assert!(dump.starts_with(b"\0asm"));
    // The custom sections of the format, and a function of the guest.
    for part in [&b"coremodules"[..], b"corestack", b"traps"] {
        assert!(dump.windows(part.len()).any(|window| window == part), "{part:?}");
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_host_writes_no_more_than_16_core_dumps() {
    let folder = tempfile::tempdir().unwrap();
    let test = TestHost::with(|builder| builder.core_dumps(folder.path())).await;
    test.deploy("traps").await.unwrap();
    for _ in 0..18 {
        assert_eq!(code(test.call("traps", "").await), "trap");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 16);
    let failed = |event: &&Event| matches!(event, Event::CoreDumpFailed { .. });
    assert_eq!(test.events().iter().filter(failed).count(), 2);
}

#[tokio::test]
async fn a_core_dump_that_cannot_be_written_is_told_and_changes_nothing_else() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let test = TestHost::with(|builder| builder.core_dumps(file.path())).await;
    test.deploy("traps").await.unwrap();
    assert_eq!(code(test.call("traps", "").await), "trap");
    assert!(
        test.events()
            .iter()
            .any(|event| matches!(event, Event::CoreDumpFailed { .. }))
    );
}

#[tokio::test]
async fn nothing_is_dumped_or_profiled_unless_it_is_asked_for() {
    let test = TestHost::new().await;
    test.deploy("traps").await.unwrap();
    assert_eq!(code(test.call("traps", "").await), "trap");
    let recorded = |event: &Event| {
        matches!(
            event,
            Event::CoreDumped { .. } | Event::CoreDumpFailed { .. } | Event::CallProfiled { .. }
        )
    };
    assert!(!test.events().iter().any(recorded));
}

#[tokio::test]
async fn a_profile_says_where_a_call_spent_its_time() {
    let test = TestHost::with(|builder| builder.profile_calls()).await;
    let manifest = Manifest::parse("manifest-version = 1\n[limits]\ndeadline = \"300ms\"\n").unwrap();
    test.deploy_as("loops-forever", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    assert_eq!(code(test.call("loops-forever", "").await), "deadline-exceeded");
    let profiles: Vec<_> = test
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::CallProfiled { profile, .. } => Some(profile),
            _ => None,
        })
        .collect();
    let [profile] = profiles.as_slice() else {
        panic!("{} profiles", profiles.len())
    };
    let profile: serde_json::Value = serde_json::from_slice(profile).unwrap();
    let thread = &profile["threads"][0];
    assert!(thread["samples"]["length"].as_u64().unwrap() > 0, "{thread}");
    let text = profile.to_string();
    assert!(text.contains("loops_forever") && text.contains("execute"), "{text}");
}
