//! Ceilings: a manifest raises limits as far as the operator lets it.

use airssys_wasm::capability::Policy;
use airssys_wasm::component::{Limit, Manifest, Package};
use airssys_wasm::{DeployOptions, Deployment, Error, RollbackOptions};
use airssys_wasm_tests::{TestHost, guest, name};

fn asking(version: &str, limits: &str) -> Package {
    let manifest = format!("manifest-version = 1\n[limits]\n{limits}\n");
    Package::new(guest("echo"))
        .manifest(Manifest::parse(&manifest).unwrap())
        .name(name("acme:a"))
        .version(version.parse().unwrap())
}

/// The limits that are above their ceilings.
fn above<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<(Limit, u64, u64)> {
    match outcome.unwrap_err() {
        Error::AboveCeiling { label, above, .. } => {
            assert!(label.starts_with("acme:a@"), "{label}");
            above
                .iter()
                .map(|above| (above.limit, above.asked, above.ceiling))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn deploy(test: &TestHost, version: &str, limits: &str) -> Result<Deployment, Error> {
    test.host.deploy(asking(version, limits)).await
}

#[tokio::test]
async fn what_is_above_a_ceiling_is_refused_before_anything_runs() {
    let test = TestHost::new().await;
    let outcome = deploy(
        &test,
        "1.0.0",
        "memory = \"2GiB\"\nhandles = 100000\nconcurrency = 1024",
    )
    .await;
    let expected = [(Limit::Memory, 2 << 30, 1 << 30), (Limit::Handles, 100_000, 65_536)];
    assert_eq!(above(outcome), expected);
    let planned = test
        .host
        .plan(asking("1.0.0", "deadline = \"11min\""), &DeployOptions::default())
        .await;
    assert_eq!(above(planned), [(Limit::Deadline, 660_000_000_000, 600_000_000_000)]);
    assert!(
        test.events().is_empty(),
        "nothing was compiled or started: {:?}",
        test.events()
    );
    deploy(&test, "1.0.0", "memory = \"1GiB\"\nhandles = 65536")
        .await
        .unwrap();
    assert_eq!(test.call("acme:a", "in").await.unwrap(), "in");
}

#[tokio::test]
async fn the_policy_says_how_far_and_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let write = |ceilings: &str| std::fs::write(&file, format!("policy-version = 1\n{ceilings}")).unwrap();
    write("[ceiling.\"*\"]\nmemory = \"32MiB\"\n");
    let test = TestHost::with(|builder| builder.policy_file(&file)).await;
    // Not even the default is below it.
    assert_eq!(
        above(deploy(&test, "1.0.0", "").await),
        [(Limit::Memory, 64 << 20, 32 << 20)]
    );
    deploy(&test, "1.0.0", "memory = \"16MiB\"").await.unwrap();
    write("[ceiling.\"*\"]\nmemory = \"32MiB\"\n[ceiling.\"acme:a\"]\nmemory = \"2GiB\"\n");
    deploy(&test, "2.0.0", "memory = \"2GiB\"").await.unwrap();
    // What serves goes on when the ceiling sinks, and does not come back when it was replaced.
    write("[ceiling.\"*\"]\nmemory = \"1MiB\"\n");
    assert_eq!(test.call("acme:a", "in").await.unwrap(), "in");
    let back = test.host.rollback(&name("acme:a"), &RollbackOptions::default()).await;
    assert_eq!(above(back), [(Limit::Memory, 16 << 20, 1 << 20)]);
    assert_eq!(test.call("acme:a", "in").await.unwrap(), "in");
}

#[tokio::test]
async fn a_ceiling_of_fuel_means_that_it_is_metered() {
    let policy = Policy::parse("policy-version = 1\n[ceiling.\"acme:*\"]\nfuel = 1000000000\n").unwrap();
    let test = TestHost::with(|builder| builder.policy(policy)).await;
    assert_eq!(
        above(deploy(&test, "1.0.0", "").await),
        [(Limit::Fuel, u64::MAX, 1_000_000_000)]
    );
    deploy(&test, "1.0.0", "fuel = 1000000000").await.unwrap();
    let used = |test: &TestHost| {
        let limits = test.status("acme:a").limits;
        let fuel = limits.iter().find(|usage| usage.limit == Limit::Fuel).unwrap();
        fuel.used.unwrap()
    };
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(test.call("acme:a", "the same").await.unwrap(), "the same");
        seen.push(used(&test));
    }
    // The first call of an instance may do more; from then on it is the same to the unit.
    assert!(seen[1] > 0 && seen[1] == seen[2], "{seen:?}");
}
