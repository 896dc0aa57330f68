//! Actors: calls in order, and state that survives restarts, swaps and traps.

use airssys_wasm::DeployOptions;
use airssys_wasm::component::{InstanceMode, Manifest, Package};
use airssys_wasm_tests::{TestHost, code, name};

#[tokio::test]
async fn a_component_with_state_is_an_actor() {
    let test = TestHost::new().await;
    let deployment = test.deploy("counter").await.unwrap();
    assert_eq!(deployment.release.instances, InstanceMode::Actor);
    for n in 1..=3 {
        assert_eq!(test.call("counter", "").await.unwrap(), n.to_string());
    }
}

#[tokio::test]
async fn state_is_saved_at_shutdown_and_restored_at_start() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    let test = test.reopen().await.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "3");
}

#[tokio::test]
async fn state_moves_to_the_next_release() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let second = test.deploy_as("counter", "1.1.0", |package| package).await.unwrap();
    assert_eq!(second.previous.unwrap().to_string(), "1.0.0");
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    let test = test.reopen().await;
    test.deploy_as("counter", "1.2.0", |package| package).await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "3");
}

#[tokio::test]
async fn a_release_that_refuses_the_state_leaves_the_old_one_in_service() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let unlike = airssys_wasm_tests::guest("refuses-state");
    let package = Package::new(unlike).name(name("counter"));
    let result = test.host.deploy(package.version("2.0.0".parse().unwrap())).await;
    assert_eq!(code(result), "guest-error");
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    assert_eq!(test.host.status()[0].release.version.to_string(), "1.0.0");
}

#[tokio::test]
async fn after_a_trap_an_actor_goes_on_from_what_was_saved_last() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    assert_eq!(code(test.call("counter", "trap").await), "trap");
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_or_failed_while_actors_are_swapped() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let host = test.host.clone();
            tokio::spawn(async move {
                let mut highest = 0;
                for _ in 0..100 {
                    let answer = host.call(&name("counter"), "".into()).await.unwrap();
                    let count: u64 = answer.to_text().parse().unwrap();
                    assert!(count > highest, "{count} after {highest}");
                    highest = count;
                }
            })
        })
        .collect();
    for minor in 1..=5 {
        test.deploy_as("counter", &format!("1.{minor}.0"), |package| package)
            .await
            .unwrap();
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(test.call("counter", "").await.unwrap(), "401");
}

#[tokio::test]
async fn state_survives_a_release_that_keeps_none() {
    let test = TestHost::new().await;
    let deploy = async |guest_name: &str, version: &str| {
        let package = Package::new(airssys_wasm_tests::guest(guest_name)).name(name("a"));
        let mut options = DeployOptions::default();
        options.allow_breaking = true;
        let package = package.version(version.parse().unwrap());
        test.host.deploy_with(package, &options).await.unwrap();
    };
    deploy("counter", "1.0.0").await;
    assert_eq!(test.call("a", "").await.unwrap(), "1");
    assert_eq!(test.call("a", "").await.unwrap(), "2");
    deploy("echo", "2.0.0").await;
    assert_eq!(test.call("a", "x").await.unwrap(), "x");
    deploy("counter", "3.0.0").await;
    assert_eq!(test.call("a", "").await.unwrap(), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_starts_a_component_while_it_is_replaced_is_not_lost() {
    let mut test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    for round in 1..=5 {
        test = test.reopen().await;
        let host = test.host.clone();
        let call = tokio::spawn(async move { host.call(&name("counter"), "".into()).await });
        test.deploy_as("counter", &format!("1.{round}.0"), |package| package)
            .await
            .unwrap();
        assert_eq!(call.await.unwrap().unwrap().to_text(), (2 * round - 1).to_string());
        assert_eq!(test.call("counter", "").await.unwrap(), (2 * round).to_string());
    }
}

#[tokio::test]
async fn a_shutdown_that_was_given_up_can_be_taken_up_again() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    // Begun, and dropped at its first wait.
    let given_up = tokio::select! {
        biased;
        _ = test.host.shutdown() => false,
        () = std::future::ready(()) => true,
    };
    assert!(given_up);
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
}

#[test]
fn an_actor_that_never_ends_does_not_hold_up_the_process() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let test = TestHost::new().await;
        let manifest = "manifest-version = 1\n[instances]\nmode = \"actor\"\n[limits]\ndeadline = \"200ms\"\n";
        let manifest = Manifest::parse(manifest).unwrap();
        test.deploy_as("never-ends", "1.0.0", |package| package.manifest(manifest))
            .await
            .unwrap();
        assert_eq!(test.call("never-ends", "").await.unwrap(), "ends never");
        test.host.shutdown().await.unwrap();
    });
    // Waits for every task; one that ran on in the guest would keep the test from ending.
    drop(runtime);
}

#[tokio::test]
async fn a_removed_actor_ends_and_does_not_hold_up_the_end_of_the_host() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    test.host.remove(&name("counter")).await.unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), test.host.shutdown()).await;
    ended.expect("at once").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_because_an_actor_is_replaced() {
    let test = TestHost::new().await;
    // As many calls as may run or wait, and as many callers.
    let manifest = "manifest-version = 1\n[limits]\nconcurrency = 4\n";
    let manifest = Manifest::parse(manifest).unwrap();
    let deploy = async |version: &str| {
        let adapt = |package: Package| package.manifest(manifest.clone());
        test.deploy_as("counts-slowly", version, adapt).await.unwrap()
    };
    deploy("1.0.0").await;
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let host = test.host.clone();
            tokio::spawn(async move {
                for _ in 0..40 {
                    host.call(&name("counts-slowly"), "1".into()).await.unwrap();
                }
            })
        })
        .collect();
    for minor in 1..=5 {
        deploy(&format!("1.{minor}.0")).await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(test.call("counts-slowly", "").await.unwrap(), "161");
}
