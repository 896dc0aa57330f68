//! What becomes of calls whose release is replaced, and how many instances there are.

use std::time::Duration;

use airssys_wasm::component::Package;
use airssys_wasm::{DeployOptions, Event, Origin, RetentionPolicy};
use airssys_wasm_tests::{Load, TestHost, code, guest, name};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_on_the_release_on_which_it_began() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let host = test.host.clone();
    let long = tokio::spawn(async move { host.call(&name("a"), "sleep 400".into()).await });
    while test.status("a").in_flight == 0 {
        tokio::task::yield_now().await;
    }
    for patch in 1..=20 {
        test.release("a", &format!("1.0.{patch}"), "", &DeployOptions::default())
            .await
            .unwrap();
        assert_eq!(test.call("a", "x").await.unwrap(), format!("1.0.{patch}"));
    }
    assert_eq!(long.await.unwrap().unwrap().to_text(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_before_the_drain_deadline_is_cancelled_counted_and_told() {
    let test = TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(50))).await;
    for (component, guest_name) in [("waits", "sleeps-forever"), ("computes", "loops-forever")] {
        let package = |version: &str, guest_name: &str| {
            Package::new(guest(guest_name))
                .name(name(component))
                .version(version.parse().unwrap())
        };
        test.host.deploy(package("1.0.0", guest_name)).await.unwrap();
        let mut events = test.host.events();
        let host = test.host.clone();
        let stuck = tokio::spawn(async move { host.call(&name(component), "".into()).await });
        while test.status(component).in_flight == 0 {
            tokio::task::yield_now().await;
        }
        let deployment = test.host.deploy(package("2.0.0", "echo")).await.unwrap();
        assert_eq!(code(stuck.await.unwrap()), "cancelled");
        loop {
            if let Event::Drained { cancelled, version, .. } = events.next().await.unwrap() {
                assert_eq!((cancelled, version.to_string().as_str()), (1, "1.0.0"));
                break;
            }
        }
        // The history has it, once it is written.
        loop {
            let history = test.host.history(&name(component)).await.unwrap();
            let record = history.iter().find(|record| record.id == deployment.id).unwrap();
            if record.calls_cancelled == 1 {
                break;
            }
        }
        assert_eq!(test.call(component, "x").await.unwrap(), "x");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_scaled_while_it_takes_calls() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let load = Load::begin(&test.host, "a", 8);
    for max in [1, 16, 2] {
        test.host.scale(&name("a"), max, &Origin::default()).await.unwrap();
        load.more(100).await;
        let release = test.status("a").releases.remove(0);
        assert_eq!(release.max_instances, Some(max));
    }
    assert_eq!(load.end().await.failed, 0);
    assert!(test.status("a").instances <= 2);
    // It holds for later releases, and after a restart.
    test.release("a", "2.0.0", "", &DeployOptions::default()).await.unwrap();
    assert_eq!(test.status("a").releases[0].max_instances, Some(2));
    let test = test.reopen().await;
    assert_eq!(test.status("a").releases[0].max_instances, Some(2));
    assert_eq!(
        code(test.host.scale(&name("a"), 0, &Origin::default()).await),
        "invalid-options"
    );
    test.deploy("counter").await.unwrap();
    assert_eq!(
        code(test.host.scale(&name("counter"), 2, &Origin::default()).await),
        "invalid-options"
    );
}

#[tokio::test]
async fn releases_that_are_not_kept_lose_their_bytes_and_nothing_that_is_needed_does() {
    let test = TestHost::with(|builder| builder.retention(RetentionPolicy::new(1, 1))).await;
    let deploy = async |version: &str, guest_name: &str| {
        let package = Package::new(guest(guest_name))
            .name(name("a"))
            .version(version.parse().unwrap());
        test.host.deploy(package).await.unwrap()
    };
    let blobs = || {
        let folder = test.folder.path().join("blobs/sha256");
        std::fs::read_dir(folder).unwrap().count()
    };
    deploy("1.0.0", "echo").await;
    deploy("2.0.0", "fails").await;
    assert_eq!(blobs(), 2);
    deploy("3.0.0", "traps").await;
    assert_eq!(blobs(), 2);
    let collected = |event: &Event| matches!(event, Event::ReleaseCollected { version, .. } if version.major == 1);
    assert_eq!(test.events().iter().filter(|event| collected(event)).count(), 1);
    let versions: Vec<String> = test
        .host
        .releases(&name("a"))
        .await
        .unwrap()
        .iter()
        .map(|release| release.version.to_string())
        .collect();
    assert_eq!(versions, ["2.0.0", "3.0.0"]);
    let first = "1.0.0".parse().unwrap();
    let again = test.host.update(&name("a"), &first, &DeployOptions::default()).await;
    assert_eq!(code(again), "release-collected");
    let bytes = test.host.release_bytes(&name("a"), &first).await;
    assert_eq!(code(bytes), "release-collected");
    // A release stays what it was, also when its bytes are gone.
    let other = Package::new(guest("counter")).name(name("a")).version(first);
    assert_eq!(code(test.host.deploy(other).await), "release-exists");
    deploy("1.0.0", "echo").await;
    assert_eq!(test.call("a", "back").await.unwrap(), "back");
}
