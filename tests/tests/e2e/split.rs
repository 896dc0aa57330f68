//! Several releases share the calls of a component: weights, rules, callers that stay on their release.

use airssys_wasm::component::Message;
use airssys_wasm::{DeployOptions, Rules, SplitOptions};
use airssys_wasm_tests::{TestHost, code, name};

fn split(weights: &[(&str, u32)], rules: &[&str], sticky: Option<&str>) -> SplitOptions {
    let mut options = SplitOptions::default();
    options.weights = weights
        .iter()
        .map(|(version, weight)| (version.parse().unwrap(), *weight))
        .collect();
    let mut of_rules = Rules::default();
    of_rules.rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    of_rules.sticky = sticky.map(|key| key.parse().unwrap());
    options.rules = of_rules;
    options
}

async fn three() -> TestHost {
    let test = TestHost::new().await;
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        test.release("a", version, "", &DeployOptions::default()).await.unwrap();
    }
    test
}

async fn call(test: &TestHost, metadata: &[(&str, &str)]) -> String {
    let mut message = Message::text("x");
    message.metadata = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    test.host
        .call(&name("a"), message)
        .await
        .unwrap()
        .to_text()
        .into_owned()
}

async fn count(test: &TestHost, calls: usize) -> [usize; 3] {
    let mut counts = [0; 3];
    for _ in 0..calls {
        let answer = call(test, &[]).await;
        counts[answer[..1].parse::<usize>().unwrap() - 1] += 1;
    }
    counts
}

#[tokio::test]
async fn calls_are_shared_by_weight_also_after_a_restart() {
    let test = three().await;
    let options = split(&[("1.0.0", 70), ("2.0.0", 20), ("3.0.0", 10)], &[], None);
    let deployment = test.host.split(&name("a"), &options).await.unwrap();
    assert_eq!(deployment.weights.len(), 3);
    let [first, second, third] = count(&test, 200).await;
    assert!((137..=143).contains(&first), "{first}");
    assert!(
        (37..=43).contains(&second) && (17..=23).contains(&third),
        "{second} {third}"
    );
    let test = test.reopen().await;
    let [first, ..] = count(&test, 100).await;
    assert!((67..=73).contains(&first), "{first}");
    // All calls to one of them again.
    test.host
        .update(&name("a"), &"2.0.0".parse().unwrap(), &DeployOptions::default())
        .await
        .unwrap();
    assert_eq!(count(&test, 20).await, [0, 20, 0]);
}

#[tokio::test]
async fn rules_come_before_weights_and_a_caller_stays_on_its_release() {
    let test = three().await;
    let rules = ["header:x-beta=1=>3.0.0", "cookie:group=b=>2.0.0"];
    let options = split(
        &[("1.0.0", 1), ("2.0.0", 1), ("3.0.0", 0)],
        &rules,
        Some("metadata:user"),
    );
    test.host.split(&name("a"), &options).await.unwrap();
    for _ in 0..5 {
        assert_eq!(call(&test, &[("X-Beta", "1")]).await, "3.0.0");
        assert_eq!(
            call(&test, &[("cookie", "id=1; group=b"), ("user", "u")]).await,
            "2.0.0"
        );
    }
    let [first, second, third] = count(&test, 100).await;
    assert!(third == 0 && first.abs_diff(second) <= 6, "{first} {second} {third}");
    let mut releases = std::collections::HashSet::new();
    for user in 0..20 {
        let user = user.to_string();
        let answer = call(&test, &[("user", &user)]).await;
        for _ in 0..5 {
            assert_eq!(call(&test, &[("user", &user)]).await, answer);
        }
        releases.insert(answer);
    }
    assert_eq!(releases.len(), 2);
    let test = test.reopen().await;
    assert_eq!(call(&test, &[("x-beta", "1")]).await, "3.0.0");
    assert_eq!(test.status("a").rules, options.rules);
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused() {
    let test = three().await;
    let refused = async |weights: &[(&str, u32)], rules: &[&str]| {
        code(test.host.split(&name("a"), &split(weights, rules, None)).await)
    };
    assert_eq!(refused(&[], &[]).await, "invalid-options");
    assert_eq!(refused(&[("1.0.0", 0)], &[]).await, "invalid-options");
    assert_eq!(
        refused(&[("1.0.0", 1)], &["header:x=1=>2.0.0"]).await,
        "invalid-options"
    );
    assert_eq!(refused(&[("9.0.0", 1)], &[]).await, "unknown-release");
    test.deploy("counter").await.unwrap();
    let weights = split(&[("1.0.0", 1)], &[], None);
    assert_eq!(
        code(test.host.split(&name("counter"), &weights).await),
        "unsuitable-strategy"
    );
    assert_eq!(count(&test, 3).await, [0, 0, 3]);
}

#[tokio::test]
async fn a_split_is_gone_back_from_to_what_served_alone() {
    let test = three().await;
    let options = split(&[("3.0.0", 1), ("2.0.0", 1)], &[], None);
    test.host.split(&name("a"), &options).await.unwrap();
    let back = test
        .host
        .rollback(&name("a"), &airssys_wasm::RollbackOptions::default())
        .await
        .unwrap();
    assert_eq!(back.release.version.to_string(), "3.0.0");
    assert_eq!(test.weights("a"), [("3.0.0".to_owned(), 1)]);
}
