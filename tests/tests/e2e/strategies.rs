//! How releases come into service: every strategy, with real guests under load.

use std::time::Duration;

use airssys_wasm::component::{Percent, Strategy};
use airssys_wasm::{DeployOptions, Event, Outcome};
use airssys_wasm_tests::{Load, TestHost, code, name};

fn by(strategy: Strategy) -> DeployOptions {
    let mut options = DeployOptions::default();
    options.strategy = Some(strategy);
    options
}

fn steps(deployment: &airssys_wasm::Deployment) -> Vec<&str> {
    deployment.steps.iter().map(|step| &*step.step).collect()
}

/// Deploys two releases, the second under load, and looks at what the callers got.
async fn swap(options: &DeployOptions) -> (TestHost, airssys_wasm::Deployment) {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    let load = Load::begin(&test.host, "a", 4);
    load.more(50).await;
    let deployment = test.release("a", "2.0.0", "", options).await.unwrap();
    load.more(50).await;
    let called = load.end().await;
    assert_eq!(called.failed, 0);
    assert!(called.count("1.0.0") > 0 && called.count("2.0.0") > 0);
    assert_eq!(called.answers.len(), called.count("1.0.0") + called.count("2.0.0"));
    assert_eq!(test.weights("a"), [("2.0.0".to_owned(), 1)]);
    let status = test.status("a");
    assert_eq!((status.calls, status.failed), (called.calls, 0));
    (test, deployment)
}

#[tokio::test(flavor = "multi_thread")]
async fn immediate_switches_under_load() {
    let (test, deployment) = swap(&by(Strategy::Immediate)).await;
    assert_eq!(deployment.previous.as_ref().unwrap().to_string(), "1.0.0");
    // The release that was replaced keeps one instance for the way back, once its calls have ended.
    let warm = test.status("a").releases.pop().unwrap();
    assert_eq!((warm.version.to_string().as_str(), warm.weight), ("1.0.0", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn blue_green_starts_as_many_instances_as_run() {
    let test = TestHost::new().await;
    test.release("a", "1.0.0", "", &DeployOptions::default()).await.unwrap();
    // Calls at the same time, each of which needs an instance.
    let sleep = || test.call("a", "sleep 100");
    let (one, two, three) = tokio::join!(sleep(), sleep(), sleep());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let running = test.status("a").instances;
    assert!(running >= 3);
    let deployment = test.release("a", "2.0.0", "", &by(Strategy::BlueGreen)).await.unwrap();
    assert_eq!(
        steps(&deployment),
        ["compile", "package", "start", "health-check", "route"]
    );
    let [new, old] = &test.status("a").releases[..] else {
        panic!("{:?}", test.status("a").releases)
    };
    assert_eq!(new.instances, running);
    assert_eq!((old.weight, old.instances), (None, running));
    swap(&by(Strategy::BlueGreen)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_takes_a_growing_part_of_the_calls() {
    let mut options = by(Strategy::Canary {
        steps: [10, 50, 100].map(|part| Percent::new(part).unwrap()).to_vec(),
    });
    options.window = Some(Duration::from_millis(100));
    options.min_calls = Some(1);
    let (test, deployment) = swap(&options).await;
    assert_eq!(
        steps(&deployment)[2..],
        [
            "start",
            "health-check",
            "shift",
            "watch",
            "shift",
            "watch",
            "shift",
            "watch",
            "route"
        ]
    );
    let events = test.events();
    let parts: Vec<u8> = events
        .iter()
        .filter_map(|event| match event {
            Event::Shifted { part, .. } => Some(part.get()),
            _ => None,
        })
        .collect();
    assert_eq!(parts, [10, 50, 100]);
    let judged = |event: &&Event| {
        matches!(
            event,
            Event::WindowPassed {
                is_judged: true,
                failed: 0,
                ..
            }
        )
    };
    assert_eq!(events.iter().filter(judged).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rolling_never_has_more_instances_than_before() {
    let (test, deployment) = swap(&by(Strategy::Rolling { batch: Some(4) })).await;
    assert_eq!(
        steps(&deployment)[2..],
        ["start", "health-check", "resize", "shift", "resize", "shift", "route"]
    );
    assert_eq!(test.status("a").releases[0].max_instances, Some(8));
}

#[tokio::test]
async fn what_does_not_suit_a_component_is_refused_with_the_reason() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    for strategy in [Strategy::canary(), Strategy::Rolling { batch: None }] {
        let package = airssys_wasm::component::Package::new(airssys_wasm_tests::guest("counter"))
            .name(name("counter"))
            .version("1.1.0".parse().unwrap());
        let error = test.host.deploy_with(package, &by(strategy)).await.unwrap_err();
        assert_eq!(error.code().as_str(), "unsuitable-strategy");
        assert!(error.to_string().contains("one state"), "{error}");
    }
    let mut options = by(Strategy::Canary { steps: Vec::new() });
    assert_eq!(code(test.release("a", "1.0.0", "", &options).await), "invalid-options");
    options.strategy = Some(Strategy::Rolling { batch: Some(0) });
    assert_eq!(code(test.release("a", "1.0.0", "", &options).await), "invalid-options");
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
}

#[tokio::test]
async fn an_actor_is_swapped_by_blue_green_with_its_state() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let package = airssys_wasm::component::Package::new(airssys_wasm_tests::guest("counter"))
        .name(name("counter"))
        .version("1.1.0".parse().unwrap());
    test.host.deploy_with(package, &by(Strategy::BlueGreen)).await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
}

#[tokio::test]
async fn a_release_that_warms_up_is_waited_for() {
    let test = TestHost::new().await;
    let mut options = DeployOptions::default();
    options.health_timeout = Some(Duration::from_secs(10));
    test.release("a", "1.0.0", "warms-up", &options).await.unwrap();
    options.health_timeout = Some(Duration::ZERO);
    assert_eq!(
        code(test.release("b", "1.0.0", "warms-up", &options).await),
        "unhealthy"
    );
}

#[tokio::test]
async fn the_manifest_says_how_its_component_is_deployed() {
    let test = TestHost::new().await;
    let manifest =
        "manifest-version = 1\n[deploy]\nstrategy = \"canary\"\nsteps = [\"50%\", \"100%\"]\nwindow = \"20ms\"\n";
    let manifest = airssys_wasm::component::Manifest::parse(manifest).unwrap();
    for version in ["1.0.0", "1.1.0"] {
        test.deploy_as("echo", version, |package| package.manifest(manifest.clone()))
            .await
            .unwrap();
    }
    let history = test.host.history(&name("echo")).await.unwrap();
    assert_eq!(history[1].strategy.to_string(), "canary 50%, 100%");
    assert!(matches!(history[1].outcome, Some(Outcome::Succeeded { .. })));
    // What the operator says counts more.
    let deployment = test
        .host
        .update(&name("echo"), &"1.0.0".parse().unwrap(), &by(Strategy::Immediate))
        .await
        .unwrap();
    assert!(steps(&deployment).contains(&"route"));
    assert_eq!(
        test.host.history(&name("echo")).await.unwrap()[2].strategy,
        Strategy::Immediate
    );
}

#[tokio::test]
async fn a_plan_tells_what_would_be_done_and_does_nothing() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let package = airssys_wasm::component::Package::new(airssys_wasm_tests::guest("own-exports")).name(name("echo"));
    let package = package.version("1.0.1".parse().unwrap());
    let preview = test.host.plan(package.clone(), &by(Strategy::canary())).await.unwrap();
    assert_eq!(preview.from.unwrap().to_string(), "1.0.0");
    assert!(
        preview.steps.iter().any(|step| step.contains("5%")),
        "{:?}",
        preview.steps
    );
    assert!(preview.compatibility.is_breaking());
    assert_eq!(test.host.history(&name("echo")).await.unwrap().len(), 1);

    let error = test.host.deploy(package.clone()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "incompatible-release");
    assert!(error.to_string().contains("airssys:component/guest"), "{error}");
    assert_eq!(test.call("echo", "still here").await.unwrap(), "still here");
    let mut options = DeployOptions::default();
    options.allow_breaking = true;
    test.host.deploy_with(package, &options).await.unwrap();
}
