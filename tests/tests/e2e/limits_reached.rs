//! What happens at each limit: one typed error that names it, and a count in the status.

use airssys_wasm::capability::Policy;
use airssys_wasm::component::{Limit, Manifest, Package};
use airssys_wasm::{Error, Event, LimitUsage};
use airssys_wasm_tests::{ByHand, TestHost, guest, name};

/// A host that grants `hostile` all files below `/data`, which is this directory.
async fn with_files(directory: &std::path::Path) -> TestHost {
    let policy = format!(
        "policy-version = 1\n[[grant]]\nto = \"*\"\nfile-read = [\"/data/**\"]\nfile-write = [\"/data/**\"]\n\
         mounts = {{ \"/data\" = {:?} }}\n",
        directory.display().to_string()
    );
    TestHost::with(|builder| builder.policy(Policy::parse(&policy).unwrap())).await
}

async fn deploy(test: &TestHost, bytes: Vec<u8>, manifest: &str) {
    let manifest = Manifest::parse(&format!("manifest-version = 1\n{manifest}\n")).unwrap();
    let package = Package::new(bytes).name(name("hostile")).manifest(manifest);
    test.host.deploy(package).await.unwrap();
}

fn usage(test: &TestHost, limit: Limit) -> LimitUsage {
    let limits = test.status("hostile").limits;
    *limits.iter().find(|usage| usage.limit == limit).unwrap()
}

fn told(test: &TestHost, wanted: Limit) -> usize {
    let events = test.events();
    let is_it = |event: &&Event| matches!(event, Event::LimitReached { limit, .. } if *limit == wanted);
    events.iter().filter(is_it).count()
}

#[tokio::test]
async fn a_table_grows_no_further_than_its_limit() {
    let grown = |elements: u32| {
        let execute = format!(
            "(if (i32.eq (table.grow $t (ref.null func) (i32.const {elements})) (i32.const -1)) (then unreachable))"
        );
        ByHand {
            fields: "(table $t 0 funcref)",
            execute: &execute,
            ..ByHand::default()
        }
        .component()
    };
    let test = TestHost::new().await;
    deploy(&test, grown(20_000), "").await;
    test.call("hostile", "").await.unwrap();
    deploy(&test, grown(20_001), "").await;
    match test.call("hostile", "").await.unwrap_err() {
        Error::Limit { limit, allowed } => assert_eq!((limit, allowed), (Limit::Tables, 20_000)),
        other => panic!("{other:?}"),
    }
    assert_eq!(usage(&test, Limit::Tables).reached, 1);
    deploy(&test, grown(100_000), "[limits]\ntables = 100000").await;
    test.call("hostile", "").await.unwrap();
}

#[tokio::test]
async fn a_guest_that_calls_the_host_too_often_is_stopped_before_its_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let test = with_files(folder.path()).await;
    let capabilities = "[capabilities]\nfile-read = [\"/data/**\"]\n[limits]\ndeadline = \"10min\"\n";
    // Each line is a call to the host, and all of them take many times what the guest's slice does.
    let script = "fhash /data\n".repeat(150_000);
    deploy(
        &test,
        guest("operates-on-files"),
        &format!("{capabilities}host-calls = 1000"),
    )
    .await;
    match test.call("hostile", &script).await.unwrap_err() {
        Error::Limit { limit, allowed } => assert_eq!((limit, allowed), (Limit::HostCalls, 1_000)),
        other => panic!("{other:?}"),
    }
    assert_eq!(usage(&test, Limit::HostCalls).reached, 1);
    // The budget is for each entry.
    for _ in 0..3 {
        test.call("hostile", &"fhash /data\n".repeat(400)).await.unwrap();
    }
    deploy(&test, guest("operates-on-files"), capabilities).await;
    test.call("hostile", &script).await.unwrap();
}

#[tokio::test]
async fn files_grow_no_further_than_the_quota_and_what_is_removed_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let test = with_files(folder.path()).await;
    let manifest =
        "[capabilities]\nfile-read = [\"/data/**\"]\nfile-write = [\"/data/**\"]\n[limits]\nstorage = \"64KiB\"";
    deploy(&test, guest("operates-on-files"), manifest).await;
    let run = async |lines: &[(&str, &str)]| {
        let script: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
        let said = test.call("hostile", &script.join("\n")).await.unwrap();
        let expected: Vec<&str> = lines.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(said, expected.join("\n"), "{script:?}");
    };
    let used = || usage(&test, Limit::Storage).used.unwrap();
    // A file takes 4 KiB beside what is in it.
    run(&[
        ("open a /data crw a", "ok"),
        ("size a 40960", "ok"),
        ("size a 65536", "quota"),
        ("write a 65535 x", "quota"),
        ("write a 0 xyz", "ok 3"),
        ("output o a 65535", "ok"),
        ("give o x", "failed quota"),
        ("append p a", "ok"),
        ("give p abcd", "ok"),
    ])
    .await;
    assert_eq!(used(), 4_096 + 40_964);
    assert!(told(&test, Limit::Storage) == 1 && usage(&test, Limit::Storage).reached == 3);
    run(&[
        ("size a 4", "ok"),
        ("mkdir /data d", "ok"),
        ("open b /data cw b", "ok"),
        ("write b 0 b", "ok 1"),
        ("rename /data b /data a", "ok"),
    ])
    .await;
    // What was replaced is open, and takes its place until it is closed.
    assert_eq!(used(), 3 * 4_096 - 4_096 + 1 + 4);
    run(&[("drop a", "ok"), ("drop o", "ok"), ("drop p", "ok")]).await;
    test.call("hostile", "preopens").await.unwrap();
    run(&[
        ("open c /data ctw a", "ok"),
        ("drop b", "ok"),
        ("drop c", "ok"),
        ("unlink /data a", "ok"),
        ("rmdir /data d", "ok"),
        ("unlink /data a", "no-entry"),
    ])
    .await;
    // The streams that the guest still holds belong to the file that was replaced.
    assert!(used() <= 4, "{}", used());
    // An empty file is not for nothing, so that there is an end to them.
    for number in 0..15 {
        run(&[(&format!("open f /data cw f{number}"), "ok"), ("drop f", "ok")]).await;
    }
    let mut last = String::new();
    for number in 15..20 {
        last = test
            .call("hostile", &format!("open f /data cw f{number}"))
            .await
            .unwrap();
    }
    assert_eq!(last, "quota");
}

#[tokio::test]
async fn output_that_comes_too_fast_is_dropped_and_counted() {
    let test = TestHost::new().await;
    deploy(&test, guest("floods-output"), "[limits]\noutput = \"10KiB\"").await;
    assert_eq!(test.call("hostile", "").await.unwrap(), "done");
    let passed: usize = test
        .events()
        .iter()
        .map(|event| match event {
            Event::Output { line, .. } => line.len(),
            _ => 0,
        })
        .sum();
    // So much at once, and as much again for each second that the flood takes.
    assert!(passed < 600 << 10, "{passed}");
    let dropped = test
        .events()
        .iter()
        .any(|event| matches!(event, Event::OutputDropped { .. }));
    assert!(dropped && usage(&test, Limit::Output).reached > 0);
}

#[tokio::test]
async fn the_status_has_every_limit() {
    let test = TestHost::new().await;
    deploy(&test, guest("echo"), "[limits]\nconcurrency = 3").await;
    test.call("hostile", "x").await.unwrap();
    let limits = test.status("hostile").limits;
    assert_eq!(limits.iter().map(|usage| usage.limit).collect::<Vec<_>>(), Limit::ALL);
    let memory = usage(&test, Limit::Memory);
    assert!(
        memory.used.unwrap() >= 64 << 10 && memory.peak >= memory.used,
        "{memory:?}"
    );
    assert_eq!((memory.allowed, memory.reached), (64 << 20, 0));
    assert_eq!(usage(&test, Limit::Concurrency).allowed, 3);
    assert_eq!(usage(&test, Limit::Fuel).used, None);
}
