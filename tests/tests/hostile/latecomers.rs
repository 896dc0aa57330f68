//! Components that take all they can before another comes, which finds room nevertheless.

use std::time::Duration;

use airssys_wasm::Error;
use airssys_wasm::component::{ByteCount, Manifest, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm_tests::{ByHand, TestHost, name, until};

use crate::turn::Turn;

/// Pools that may be larger together than the host has places.
const GREEDY: &str =
    "manifest-version = 1\n[limits]\nconcurrency = 1024\ndeadline = \"10min\"\n[instances]\nmax = 1000\n";

/// Makes calls that never end, one after the other, until one is refused for want of instances.
async fn takes_all(test: &TestHost, component: &'static str) -> Vec<tokio::task::JoinHandle<Result<String, Error>>> {
    let mut calls = Vec::new();
    // The deployment has made one, which the first call gets.
    let others = test.host.usage().instances.used - 1;
    loop {
        let host = test.host.clone();
        let call = tokio::spawn(async move {
            let message = airssys_wasm::component::Message::text("");
            let answer = host.call(&name(component), message).await?;
            Ok(answer.to_text().into_owned())
        });
        until("the call has an instance or is refused", || {
            call.is_finished() || test.host.usage().instances.used > others + calls.len() as u64
        })
        .await;
        if call.is_finished() {
            match call.await.unwrap() {
                Err(Error::OverBudget { .. }) => return calls,
                other => panic!("{component}: {other:?}"),
            }
        }
        calls.push(call);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_has_no_instance_yet_gets_one_when_others_hold_all_they_can() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    test.deploy("command").await.unwrap();
    test.deploy("echo").await.unwrap();
    // The instance that the deployment made is not needed: it has none, as after a restart.
    let test = test.reopen().await;
    let greedy = |component: &str| {
        let package = Package::new(airssys_wasm_tests::guest("sleeps-forever")).name(name(component));
        package.manifest(Manifest::parse(GREEDY).unwrap())
    };
    for component in ["greedy", "greedier"] {
        test.host.deploy(greedy(component)).await.unwrap();
    }
    let mut calls = takes_all(&test, "greedy").await;
    let alone = calls.len();
    assert!((800..=875).contains(&alone), "{alone}");
    calls.extend(takes_all(&test, "greedier").await);
    assert!(calls.len() > alone, "there is a share for the second");
    // A command has an instance for the length of each call only, and so none when the next begins.
    for _ in 0..20 {
        assert_eq!(test.call("command", "well").await.unwrap(), "WELL");
        assert_eq!(test.call("echo", "well").await.unwrap(), "well");
    }
    // What comes later can also be deployed, and replaced.
    for version in ["1.0.0", "1.0.1"] {
        test.deploy_as("counter", version, |package| package).await.unwrap();
    }
    for call in calls {
        call.abort();
    }
    let back = || test.host.usage().instances.used < 10;
    until("what they had comes back", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_has_no_memory_yet_gets_some_when_others_hold_all_they_can() {
    let _turn = Turn::together();
    let test = TestHost::with(|builder| builder.memory_budget(ByteCount(512 << 20))).await;
    test.deploy("command").await.unwrap();
    // Grows by 1 MiB with each call and keeps it; it traps when it is refused.
    let execute = "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))";
    let growing = ByHand {
        execute,
        ..ByHand::default()
    };
    let limits = "manifest-version = 1\n[limits]\nmemory = \"1GiB\"\n[instances]\nmax = 1\n";
    let mut mebibytes = Vec::new();
    for component in ["greedy", "greedier"] {
        let package = Package::new(growing.component()).name(name(component));
        let package = package.manifest(Manifest::parse(limits).unwrap());
        test.host.deploy(package).await.unwrap();
        // One call before it would be refused: a refusal costs the instance, and with it what it holds.
        let mut held = 0;
        loop {
            let used = test.host.usage().memory.used;
            match test.call(component, "").await {
                Ok(_) => held += 1,
                Err(Error::OverBudget { .. }) => {
                    assert!(test.host.usage().memory.used < used);
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        for _ in 0..held {
            test.call(component, "").await.unwrap();
        }
        mebibytes.push(held);
        assert_eq!(test.call("command", "well").await.unwrap(), "WELL");
    }
    assert!((400..=448).contains(&mebibytes[0]) && mebibytes[1] > 0, "{mebibytes:?}");
    let asked = tokio::time::timeout(Duration::from_secs(20), test.deploy("echo")).await;
    asked.unwrap().unwrap();
    assert_eq!(test.call("echo", "well").await.unwrap(), "well");
}

/// A component of which each instance takes as much of the pool as eight or sixteen others.
fn spread(what: &str, number: usize) -> Vec<u8> {
    let many = what.repeat(number);
    wat::parse_str(format!(
        r#"(component
            (core module $m {many} (func (export "go") (loop $again (br $again))))
            (core instance $i (instantiate $m))
            (func (export "go") (canon lift (core func $i "go"))))"#
    ))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_take_much_of_the_pool_leave_places_for_others() {
    let _turn = Turn::together();
    for (bytes, places) in [(spread("(memory 1)", 8), 8), (spread("(table 1 funcref)", 64), 16)] {
        let test = TestHost::new().await;
        test.deploy("command").await.unwrap();
        let package = Package::new(bytes).name(name("greedy"));
        let package = package.manifest(Manifest::parse(GREEDY).unwrap());
        test.host.deploy(package).await.unwrap();
        assert_eq!(test.host.usage().instances.used % places, 0);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let host = test.host.clone();
            let call = Invocation::wave("go()").unwrap();
            calls.spawn(async move { host.invoke(&name("greedy"), call).await });
        }
        // Those for which there is no room are refused; the others never end.
        let refused = calls.join_next().await.unwrap().unwrap();
        match refused {
            Err(Error::OverBudget {
                left, budget: 1_000, ..
            }) => assert!(left >= 125, "{left}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(test.call("command", "well").await.unwrap(), "WELL");
        test.deploy("echo").await.unwrap();
        assert_eq!(test.call("echo", "well").await.unwrap(), "well");
        calls.shutdown().await;
    }
}
