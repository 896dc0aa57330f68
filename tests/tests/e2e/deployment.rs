//! Deployments: what comes into service, what is refused, what is recorded.

use airssys_wasm::component::Package;
use airssys_wasm::{Origin, Versioning};
use airssys_wasm_tests::{TestHost, code, guest, name};

#[tokio::test]
async fn each_step_is_reported_with_its_time() {
    let test = TestHost::new().await;
    let deployment = test.deploy("echo").await.unwrap();
    let steps: Vec<_> = deployment.steps.iter().map(|step| &*step.step).collect();
    assert_eq!(steps, ["compile", "package", "start", "health-check", "route"]);
    assert!(!deployment.cached);
    assert_eq!(deployment.release.description, "Answers with what it was sent.");
}

#[tokio::test]
async fn compiled_code_is_cached_between_hosts() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let test = test.reopen().await;
    assert!(test.deploy("echo").await.unwrap().cached);
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
}

#[tokio::test]
async fn changed_bytes_under_the_same_version_are_refused_or_numbered() {
    let package = |guest_name: &str| {
        Package::new(guest(guest_name))
            .name(name("a"))
            .version("1.0.0".parse().unwrap())
    };
    let test = TestHost::new().await;
    test.host.deploy(package("echo")).await.unwrap();
    assert_eq!(code(test.host.deploy(package("fails")).await), "release-exists");
    assert_eq!(test.call("a", "still echo").await.unwrap(), "still echo");

    let test = TestHost::with(|builder| builder.versioning(Versioning::Development)).await;
    test.host.deploy(package("echo")).await.unwrap();
    let second = test.host.deploy(package("traps")).await.unwrap();
    assert_eq!(second.release.version.to_string(), "1.0.0+dev.1");
    assert_eq!(test.call("a", "be kind").await.unwrap(), "survived");
    assert_eq!(
        test.host
            .deploy(package("echo"))
            .await
            .unwrap()
            .release
            .version
            .to_string(),
        "1.0.0"
    );
    assert_eq!(
        test.host
            .deploy(package("traps"))
            .await
            .unwrap()
            .release
            .version
            .to_string(),
        "1.0.0+dev.1"
    );
}

#[tokio::test]
async fn a_release_that_does_not_start_leaves_the_old_one_in_service() {
    let test = TestHost::new().await;
    test.host
        .deploy(
            Package::new(guest("echo"))
                .name(name("a"))
                .version("1.0.0".parse().unwrap()),
        )
        .await
        .unwrap();
    let bad = async |guest_name: &str, config: serde_json::Value| {
        let config = config.as_object().unwrap().clone();
        let manifest = "manifest-version = 1\n[limits]\ndeadline = \"200ms\"\n";
        let manifest = airssys_wasm::component::Manifest::parse(manifest).unwrap();
        let package = Package::new(guest(guest_name))
            .name(name("a"))
            .manifest(manifest)
            .config(config);
        code(test.host.deploy(package.version("2.0.0".parse().unwrap())).await)
    };
    assert_eq!(bad("init-fails", serde_json::json!({})).await, "guest-error");
    assert_eq!(bad("init-fails", serde_json::json!({"init": "panic"})).await, "trap");
    assert_eq!(
        bad("init-fails", serde_json::json!({"init": "loop"})).await,
        "deadline-exceeded"
    );
    assert_eq!(test.call("a", "still here").await.unwrap(), "still here");
    assert_eq!(test.host.status()[0].release.version.to_string(), "1.0.0");
}

#[tokio::test]
async fn a_version_that_never_came_into_service_can_be_used_again() {
    let test = TestHost::new().await;
    let package = |guest_name: &str| {
        Package::new(guest(guest_name))
            .name(name("a"))
            .version("1.0.0".parse().unwrap())
    };
    assert_eq!(code(test.host.deploy(package("unhealthy")).await), "unhealthy");
    test.host.deploy(package("echo")).await.unwrap();
    assert_eq!(test.call("a", "mended").await.unwrap(), "mended");
}

#[tokio::test]
async fn an_unhealthy_release_gets_no_call() {
    let test = TestHost::new().await;
    let error = test.deploy("unhealthy").await.unwrap_err();
    assert_eq!(error.code().as_str(), "deployment-failed");
    assert!(format!("{:?}", error).contains("the moon is full"));
    assert_eq!(code(test.call("unhealthy", "").await), "unknown-component");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deployments_at_once_one_wins_and_one_gets_a_conflict() {
    let test = TestHost::new().await;
    let deploy = |version: &str| {
        let host = test.host.clone();
        let package = Package::new(guest("echo"))
            .name(name("a"))
            .version(version.parse().unwrap());
        async move { host.deploy(package).await }
    };
    let (one, two) = tokio::join!(deploy("1.0.0"), deploy("2.0.0"));
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(code(lost), "deployment-conflict");
    assert_eq!(test.host.status()[0].release.version, won.unwrap().release.version);
}

#[tokio::test]
async fn a_removed_component_is_gone_with_its_state() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    let test = test.reopen().await;
    test.host.remove(&name("counter")).await.unwrap();
    assert_eq!(code(test.call("counter", "").await), "unknown-component");
    assert_eq!(code(test.host.remove(&name("counter")).await), "unknown-component");
    let test = test.reopen().await;
    assert!(test.host.status().is_empty());
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
}

#[tokio::test]
async fn a_host_that_was_shut_down_takes_no_calls() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    test.host.shutdown().await.unwrap();
    assert_eq!(code(test.call("echo", "").await), "closed");
    assert_eq!(code(test.deploy("echo").await), "closed");
}

#[tokio::test]
async fn a_component_with_asynchronous_intrinsics_deploys() {
    // A component with nothing but the intrinsic `backpressure.inc`: a header, and a section of canonical functions.
    let bytes = b"\0asm\x0d\0\x01\0\x08\x02\x01\x24";
    let test = TestHost::new().await;
    let deployment = test.host.deploy(Package::new(bytes).name(name("wide"))).await.unwrap();
    assert!(deployment.release.version.to_string().starts_with("0.0.0+"));
    test.deploy("echo").await.unwrap();
    assert_eq!(test.call("echo", "fast").await.unwrap(), "fast");
}

#[tokio::test]
async fn a_failed_redeployment_of_the_serving_version_changes_nothing() {
    let test = TestHost::new().await;
    let deploy = async |greeting: serde_json::Value| {
        let config = serde_json::json!({"init": greeting}).as_object().unwrap().clone();
        test.deploy_as("init-fails", "1.0.0", |package| package.config(config))
            .await
    };
    deploy("accept".into()).await.unwrap();
    assert_eq!(code(deploy("refuse".into()).await), "guest-error");
    let test = test.reopen().await;
    assert_eq!(test.call("init-fails", "").await.unwrap(), "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_was_given_up_leaves_one_of_two_states() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    for n in 1..20 {
        let package = Package::new(guest("echo"))
            .name(name("echo"))
            .version(format!("1.0.{n}").parse().unwrap());
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(n), test.host.deploy(package)).await;
        assert_eq!(test.call("echo", "x").await.unwrap(), "x", "{given_up:?}");
    }
    // A turn that went with a commit ends with it.
    while let Err(error) = test.deploy_as("echo", "2.0.0", |package| package).await {
        assert_eq!(error.code().as_str(), "deployment-conflict");
        tokio::task::yield_now().await;
    }
    let test = test.reopen().await;
    assert_eq!(test.host.status()[0].release.version.to_string(), "2.0.0");
}

#[tokio::test]
async fn a_trap_at_packaging_fails_the_deployment_and_nothing_else() {
    let test = TestHost::new().await;
    let package = || Package::new(guest("traps-when-asked")).name(name("a"));
    let error = test.host.deploy(package()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "deployment-failed");
    assert_eq!(code::<()>(Err(error)), "trap");
    assert_eq!(test.host.package(package()).await.unwrap_err().code().as_str(), "trap");
    assert!(test.host.status().is_empty());
}

#[tokio::test]
async fn a_pool_that_was_not_started_yet_gets_its_new_size() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let test = test.reopen().await;
    let most = || test.host.status()[0].releases[0].max_instances;
    assert_eq!(most(), Some(8));
    test.host.scale(&name("echo"), 3, &Origin::default()).await.unwrap();
    assert_eq!(most(), Some(3));
    test.call("echo", "x").await.unwrap();
    assert_eq!((test.host.status()[0].instances, most()), (1, Some(3)));
}
