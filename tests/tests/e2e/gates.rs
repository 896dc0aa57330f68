//! Releases that turn out badly take themselves back: each fault, with the gate and the figures that say so.

use std::time::Duration;

use airssys_wasm::component::{Manifest, Package, Percent, Strategy};
use airssys_wasm::{DeployOptions, Error, Event, Outcome, RollbackOptions};
use airssys_wasm_tests::{Load, TestHost, guest, name};

/// A canary that stays at its first step for longer than any test takes, unless a gate fails.
fn canary(gates: &[&str]) -> DeployOptions {
    let mut options = DeployOptions::default();
    options.strategy = Some(Strategy::Canary {
        steps: vec![Percent::new(5).unwrap(), Percent::ALL],
    });
    options.window = Some(Duration::from_secs(3600));
    options.min_calls = Some(5);
    options.gates = Some(gates.iter().map(|gate| gate.parse().unwrap()).collect());
    options
}

fn reason(error: Error) -> Error {
    match error {
        Error::Deployment { reason, .. } => *reason,
        error => error,
    }
}

/// Deploys a bad release as canary under load; returns why it was taken back.
async fn taken_back(fault: &str, options: &DeployOptions) -> Error {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let load = Load::begin(&test.host, "a", 4);
    load.more(1_000).await;
    let error = reason(test.release("a", "2.0.0", fault, options).await.unwrap_err());
    load.more(200).await;
    let called = load.end().await;
    // At most one call of a hundred was touched.
    assert!(
        called.failed * 100 <= called.calls,
        "{} of {}",
        called.failed,
        called.calls
    );
    assert_eq!(test.weights("a"), [("1.0.0".to_owned(), 1)]);
    let history = test.host.history(&name("a")).await.unwrap();
    match history[1].outcome.as_ref().unwrap() {
        Outcome::RolledBack { reason, .. } => assert_eq!(*reason, error.to_string()),
        Outcome::Failed { reason, .. } => assert_eq!(*reason, error.to_string()),
        outcome => panic!("{outcome:?}"),
    }
    // A version that never came into service can be used again.
    test.release("a", "2.0.0", "", &DeployOptions::default()).await.unwrap();
    assert_eq!(test.call("a", "x").await.unwrap(), "2.0.0");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_traps_is_taken_back() {
    let error = taken_back("traps", &canary(&["error-rate > 1%"])).await;
    let said = error.to_string();
    assert_eq!(error.code().as_str(), "gate-failed");
    assert!(
        said.starts_with("the gate `error-rate > 1%` failed: 100.0% ("),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_answers_with_errors_is_taken_back() {
    let error = taken_back("answers-with-an-error", &canary(&["error-rate > 2x stable"])).await;
    assert!(error.to_string().contains("error-rate > 2x stable"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_eats_memory_is_taken_back() {
    let error = taken_back("eats-memory", &canary(&["error-rate > 1%"])).await;
    assert_eq!(error.code().as_str(), "gate-failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_slow_is_taken_back() {
    let mut options = canary(&["p50 > 40ms"]);
    options.window = Some(Duration::from_secs(1));
    let error = taken_back("is-slow", &options).await;
    assert!(error.to_string().contains("`p50 > 40ms` failed: p50 5"), "{error}");
    options.gates = Some(vec!["p50 > 3x stable".parse().unwrap()]);
    let error = taken_back("is-slow", &options).await;
    assert!(error.to_string().contains("stable"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_never_becomes_healthy_gets_no_call() {
    let mut options = canary(&[]);
    options.health_timeout = Some(Duration::from_millis(50));
    let error = taken_back("is-unhealthy", &options).await;
    assert_eq!(error.code().as_str(), "unhealthy");
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_that_loop_do_not_hold_up_anything() {
    let test = TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(500))).await;
    let manifest = Manifest::parse("manifest-version = 1\n[limits]\ndeadline = \"200ms\"\n").unwrap();
    let release = async |version: &str, fault: &str| {
        let config = serde_json::json!({ "answer": version, "fault": fault });
        let package = Package::new(guest("goes-wrong"))
            .name(name("a"))
            .version(version.parse().unwrap())
            .manifest(manifest.clone())
            .config(config.as_object().unwrap().clone());
        test.host.deploy(package).await
    };
    release("1.0.0", "loops-in-shutdown").await.unwrap();
    let error = reason(release("2.0.0", "loops-in-init").await.unwrap_err());
    assert_eq!(error.code().as_str(), "deadline-exceeded");
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
    let load = Load::begin(&test.host, "a", 2);
    load.more(20).await;
    release("3.0.0", "").await.unwrap();
    load.more(20).await;
    assert_eq!(load.end().await.failed, 0);
    assert_eq!(test.call("a", "x").await.unwrap(), "3.0.0");
    test.host.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_do_wrong_takes_no_release_back() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let load = Load::begin(&test.host, "a", 4);
    let mut options = canary(&["error-rate > 1%"]);
    options.window = Some(Duration::from_millis(100));
    options.min_calls = Some(1);
    test.release("a", "2.0.0", "refuses-input", &options).await.unwrap();
    load.end().await;
    assert_eq!(test.status("a").failed, 0);
}

#[tokio::test]
async fn without_calls_a_window_says_that_it_judged_nothing() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let mut options = canary(&["error-rate > 1%"]);
    options.window = Some(Duration::from_millis(40));
    test.release("a", "2.0.0", "traps", &options).await.unwrap();
    let unjudged = |event: &Event| {
        matches!(
            event,
            Event::WindowPassed {
                is_judged: false,
                calls: 0,
                ..
            }
        )
    };
    assert_eq!(test.events().iter().filter(|event| unjudged(event)).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_gives_up_the_deployment_that_is_under_way() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let options = canary(&["error-rate > 1%"]);
    let mut events = test.host.events();
    let (deployed, rolled_back) = tokio::join!(test.release("a", "2.0.0", "", &options), async {
        while !matches!(events.next().await, Some(Event::Shifted { .. })) {}
        assert_eq!(test.weights("a").len(), 2);
        test.host.rollback(&name("a"), &RollbackOptions::default()).await
    });
    assert_eq!(reason(deployed.unwrap_err()).code().as_str(), "deployment-aborted");
    assert_eq!(rolled_back.unwrap().release.version.to_string(), "1.0.0");
    assert_eq!(test.weights("a"), [("1.0.0".to_owned(), 1)]);
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_gives_up_the_deployment_that_is_under_way() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let options = canary(&["error-rate > 1%"]);
    let mut events = test.host.events();
    let (deployed, ()) = tokio::join!(test.release("a", "2.0.0", "", &options), async {
        while !matches!(events.next().await, Some(Event::Shifted { .. })) {}
        test.host.shutdown().await.unwrap();
    });
    assert_eq!(reason(deployed.unwrap_err()).code().as_str(), "closed");
    let test = test.reopen().await;
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_actor_goes_back_with_its_state() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let mut options = canary(&["error-rate > 1%"]);
    options.strategy = Some(Strategy::BlueGreen);
    options.min_calls = Some(3);
    let mut events = test.host.events();
    let package = Package::new(guest("counter"))
        .name(name("counter"))
        .version("1.1.0".parse().unwrap());
    let (deployed, ()) = tokio::join!(test.host.deploy_with(package, &options), async {
        while !matches!(events.next().await, Some(Event::Shifted { .. })) {}
        assert_eq!(test.call("counter", "").await.unwrap(), "2");
        // Its traps cost it its state since the swap, which is what an actor's trap costs.
        for _ in 0..3 {
            test.call("counter", "trap").await.unwrap_err();
        }
    });
    assert_eq!(reason(deployed.unwrap_err()).code().as_str(), "gate-failed");
    assert_eq!(test.status("counter").release.version.to_string(), "1.0.0");
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
}
