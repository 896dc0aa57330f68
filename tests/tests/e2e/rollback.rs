//! Going back: to warm and to cold releases, with the state of actors, recorded like everything else.

use std::time::Duration;

use airssys_wasm::component::Package;
use airssys_wasm::{Action, DeployOptions, Outcome, RetentionPolicy, RollbackOptions, StateChoice};
use airssys_wasm_tests::{Load, TestHost, code, guest, name, until};

fn to(version: &str) -> RollbackOptions {
    let mut options = RollbackOptions::default();
    options.to_version = Some(version.parse().unwrap());
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leads_to_what_served_before_and_is_a_deployment_of_its_own() {
    let test = TestHost::new().await;
    for version in ["1.0.0", "2.0.0"] {
        test.release("a", version, "", &DeployOptions::default()).await.unwrap();
    }
    let load = Load::begin(&test.host, "a", 4);
    load.more(50).await;
    let mut options = RollbackOptions::default();
    options.origin.by = Some("operator".into());
    options.origin.note = Some("it was late".into());
    let back = test.host.rollback(&name("a"), &options).await.unwrap();
    load.more(50).await;
    let called = load.end().await;
    assert_eq!(called.failed, 0);
    assert!(called.count("2.0.0") > 0 && called.count("1.0.0") > 0);
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
    assert_eq!(back.release.version.to_string(), "1.0.0");
    assert!(back.cached);
    let history = test.host.history(&name("a")).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.id, last.action), (back.id, Action::Rollback));
    assert_eq!(last.from.as_ref().unwrap().to_string(), "2.0.0");
    assert_eq!(last.origin, options.origin);
    assert!(matches!(last.outcome, Some(Outcome::Succeeded { .. })));
    // Once more leads back to the newer one.
    let forth = test
        .host
        .rollback(&name("a"), &RollbackOptions::default())
        .await
        .unwrap();
    assert_eq!(forth.release.version.to_string(), "2.0.0");
}

#[tokio::test]
async fn a_rollback_to_a_cold_release_loads_it_from_the_cache() {
    let test = TestHost::with(|builder| builder.retention(RetentionPolicy::new(0, 10))).await;
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        test.release("a", version, "", &DeployOptions::default()).await.unwrap();
    }
    let back = test.host.rollback(&name("a"), &to("1.0.0")).await.unwrap();
    assert!(back.cached);
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
    let test = test.reopen().await;
    assert_eq!(test.call("a", "x").await.unwrap(), "1.0.0");
    let back = test
        .host
        .rollback(&name("a"), &RollbackOptions::default())
        .await
        .unwrap();
    assert_eq!(back.release.version.to_string(), "3.0.0");
}

#[tokio::test]
async fn there_is_nothing_before_the_first_release() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let back = test.host.rollback(&name("a"), &RollbackOptions::default()).await;
    assert_eq!(code(back), "nothing-earlier");
    let error = test.host.rollback(&name("a"), &to("0.9.0")).await.unwrap_err();
    match error {
        airssys_wasm::Error::UnknownRelease { known, .. } => assert_eq!(known[0].to_string(), "1.0.0"),
        error => panic!("{error}"),
    }
    assert_eq!(
        code(test.host.rollback(&name("b"), &to("1.0.0")).await),
        "unknown-component"
    );
}

#[tokio::test]
async fn an_actor_goes_back_with_its_live_state() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    test.deploy_as("counter", "1.1.0", |package| package).await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    let back = test.host.rollback(&name("counter"), &to("1.0.0")).await.unwrap();
    assert_eq!(back.calls_lost, None);
    assert_eq!(test.call("counter", "").await.unwrap(), "3");
    // It survives the end of the host.
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "4");
    let forth = test
        .host
        .rollback(&name("counter"), &RollbackOptions::default())
        .await
        .unwrap();
    assert_eq!(forth.release.version.to_string(), "1.1.0");
    assert_eq!(test.call("counter", "").await.unwrap(), "5");
}

/// Deploys the guest that keeps its state in a form of its own: format 1 does not take what format 2 has saved.
async fn migrate(test: &TestHost, version: &str, format: u32) {
    let config = serde_json::json!({ "format": format });
    let package = Package::new(guest("migrates-by-hand"))
        .name(name("m"))
        .version(version.parse().unwrap())
        .config(config.as_object().unwrap().clone());
    test.host.deploy(package).await.unwrap();
}

#[tokio::test]
async fn an_actor_that_refuses_the_live_state_goes_back_to_the_one_before_and_the_loss_is_counted() {
    let test = TestHost::new().await;
    migrate(&test, "1.0.0", 1).await;
    for count in 1..=3 {
        assert_eq!(test.call("m", "").await.unwrap(), count.to_string());
    }
    migrate(&test, "2.0.0", 2).await;
    for count in 4..=8 {
        assert_eq!(test.call("m", "").await.unwrap(), count.to_string());
    }
    let mut live = to("1.0.0");
    live.state = Some(StateChoice::Live);
    assert_eq!(code(test.host.rollback(&name("m"), &live).await), "guest-error");
    assert_eq!(test.call("m", "").await.unwrap(), "9");
    let back = test.host.rollback(&name("m"), &to("1.0.0")).await.unwrap();
    assert_eq!(back.calls_lost, Some(6));
    assert_eq!(test.call("m", "").await.unwrap(), "4");
    let history = test.host.history(&name("m")).await.unwrap();
    assert_eq!(history.last().unwrap().calls_lost, Some(6));
    let failed = history
        .iter()
        .filter(|record| matches!(record.outcome, Some(Outcome::Failed { .. })));
    assert_eq!(failed.count(), 1);
}

#[tokio::test]
async fn an_operator_chooses_the_state_before_also_after_a_restart() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    test.deploy_as("counter", "1.1.0", |package| package).await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    let test = test.reopen().await;
    assert_eq!(test.call("counter", "").await.unwrap(), "3");
    let mut before = to("1.0.0");
    before.state = Some(StateChoice::Before);
    let back = test.host.rollback(&name("counter"), &before).await.unwrap();
    assert_eq!(back.calls_lost, Some(2));
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
    let mut before = to("1.1.0");
    before.state = Some(StateChoice::Before);
    assert_eq!(
        code(test.host.rollback(&name("counter"), &before).await),
        "no-earlier-state"
    );
    assert_eq!(test.call("counter", "").await.unwrap(), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_was_drained_and_comes_back_cancels_nothing() {
    let test = TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(300))).await;
    for version in ["1.0.0", "2.0.0"] {
        test.release("a", version, "", &DeployOptions::default()).await.unwrap();
    }
    let load = Load::begin(&test.host, "a", 4);
    for _ in 0..10 {
        test.host
            .rollback(&name("a"), &RollbackOptions::default())
            .await
            .unwrap();
        load.more(20).await;
    }
    // Longer than the drain deadline of what was replaced in between.
    let slept = test.host.call(&name("a"), "sleep 500".into()).await.unwrap();
    assert_eq!(slept.to_text(), "2.0.0");
    assert_eq!(load.end().await.failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_that_hangs_is_rolled_back_and_those_who_wait_are_answered() {
    let test = TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(200))).await;
    let slow = "counts-slowly";
    for version in ["1.0.0", "1.1.0"] {
        test.deploy_as(slow, version, |package| package).await.unwrap();
        test.call(slow, "").await.unwrap();
    }
    let call = |input: &'static str| {
        let host = test.host.clone();
        tokio::spawn(async move { host.call(&name("counts-slowly"), input.into()).await })
    };
    let hanging = call("20000");
    until("a call hangs", || test.status(slow).in_flight == 1).await;
    let waiting = [call(""), call("")];
    until("two wait", || test.status(slow).in_flight == 3).await;
    let back = test
        .host
        .rollback(&name(slow), &RollbackOptions::default())
        .await
        .unwrap();
    assert_eq!(back.release.version.to_string(), "1.0.0");
    // One call of the newer release had ended; the one that hung is lost with it.
    assert!(back.calls_lost.is_some());
    assert_eq!(code(hanging.await.unwrap()), "cancelled");
    let mut counts = Vec::new();
    for waiting in waiting {
        counts.push(waiting.await.unwrap().unwrap().to_text().into_owned());
    }
    counts.sort();
    assert_eq!(counts, ["2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_names_a_version_that_is_not_there_costs_no_deployment() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let mut options = DeployOptions::default();
    options.window = Some(Duration::from_millis(400));
    let mut events = test.host.events();
    let (deployed, ()) = tokio::join!(test.release("a", "2.0.0", "", &options), async {
        while !matches!(events.next().await, Some(airssys_wasm::Event::Shifted { .. })) {}
        let mistaken = test.host.rollback(&name("a"), &to("9.0.0")).await;
        assert_eq!(code(mistaken), "unknown-release");
    });
    deployed.unwrap();
    assert_eq!(test.call("a", "x").await.unwrap(), "2.0.0");
}
