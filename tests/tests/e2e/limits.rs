//! Limits: whatever a guest does, the host and the guest's neighbours go on.

use std::time::Duration;

use airssys_wasm::component::{Limit, Manifest, Package};
use airssys_wasm::{Error, Event};
use airssys_wasm_tests::{TestHost, code, name};

fn limited(package: Package) -> Package {
    let manifest = "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"200ms\"\n";
    package.manifest(Manifest::parse(manifest).unwrap())
}

/// Calls the guest, expects this error, and that the host is in order afterwards.
async fn check(guest: &str, input: &str, expected: &str) {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    test.deploy_as(guest, "1.0.0", limited).await.unwrap();
    for _ in 0..2 {
        let error = test.call(guest, input).await.unwrap_err();
        assert_eq!(error.code().as_str(), expected, "{error:?}");
        assert!(error.is_guest_fault());
    }
    let discarded = |event: &Event| matches!(event, Event::InstanceDiscarded { code, .. } if *code == expected);
    assert_eq!(test.events().iter().filter(|event| discarded(event)).count(), 2);
    assert_eq!(test.call("echo", "still here").await.unwrap(), "still here");
    let status = test.host.status();
    let broken = status
        .iter()
        .find(|status| status.release.name.as_str() == guest)
        .unwrap();
    assert_eq!((broken.instances, broken.in_flight), (0, 0));
}

#[tokio::test]
async fn an_endless_loop_is_stopped_at_its_deadline() {
    check("loops-forever", "", "deadline-exceeded").await;
}

#[tokio::test]
async fn an_endless_wait_in_the_host_is_stopped_at_its_deadline() {
    check("sleeps-forever", "", "deadline-exceeded").await;
}

#[tokio::test]
async fn a_guest_gets_no_more_memory_than_its_limit() {
    check("eats-memory", "", "memory-exceeded").await;
}

#[tokio::test]
async fn a_panic_is_a_trap() {
    check("traps", "", "trap").await;
}

#[tokio::test]
async fn endless_recursion_is_a_trap() {
    check("recurses", "", "trap").await;
}

#[tokio::test]
async fn a_trap_costs_one_instance_and_the_next_call_succeeds() {
    let test = TestHost::new().await;
    test.deploy("traps").await.unwrap();
    assert_eq!(code(test.call("traps", "").await), "trap");
    assert_eq!(test.call("traps", "be kind").await.unwrap(), "survived");
}

#[tokio::test]
async fn a_trap_names_the_guests_function_and_passes_on_its_last_words() {
    let test = TestHost::new().await;
    test.deploy("traps").await.unwrap();
    match test.call("traps", "").await.unwrap_err() {
        Error::Trap { message } => {
            assert!(message.contains("unreachable"), "{message}");
            assert!(message.contains("traps::check_kindness"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let said = test.events().into_iter().find_map(|event| match event {
        Event::Output { line, error: true, .. } if line.contains("told to panic") => Some(line),
        _ => None,
    });
    assert!(said.is_some(), "{:?}", test.events());
}

#[tokio::test]
async fn fuel_is_metered_when_it_is_asked_for() {
    let test = TestHost::new().await;
    let manifest = Manifest::parse("manifest-version = 1\n[limits]\nfuel = 5_000_000\n").unwrap();
    test.deploy_as("loops-forever", "1.0.0", |package| package.manifest(manifest.clone()))
        .await
        .unwrap();
    assert_eq!(code(test.call("loops-forever", "").await), "fuel-exhausted");
    test.deploy_as("echo", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(test.call("echo", "cheap").await.unwrap(), "cheap");
    }
}

/// The fuel of three calls on a new host.
async fn fuel_of_calls(mode: &str) -> Vec<u64> {
    let manifest = format!("manifest-version = 1\n[limits]\nfuel = 50_000_000\n[instances]\n{mode}\n");
    let (test, manifest) = (TestHost::new().await, Manifest::parse(&manifest).unwrap());
    test.deploy_as("echo", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    let mut all = Vec::new();
    for text in ["some bytes", "some bytes", &"many more".repeat(10_000)] {
        let called = test.host.call_metered(&name("echo"), text.into()).await.unwrap();
        assert_eq!(called.answer.to_text(), text);
        all.push(called.fuel.unwrap());
    }
    assert!(all[1] > 0 && all[2] > all[1], "{all:?}");
    let limits = test.status("echo").limits;
    let used = limits.iter().find(|usage| usage.limit == Limit::Fuel).unwrap();
    assert!(used.peak >= Some(all[2]), "{used:?} {all:?}");
    all
}

#[tokio::test]
async fn each_answer_says_how_much_fuel_it_took_and_the_same_work_takes_the_same() {
    for mode in ["mode = \"pool\"\nmax = 1", "mode = \"fresh\"", "mode = \"actor\""] {
        assert_eq!(fuel_of_calls(mode).await, fuel_of_calls(mode).await, "{mode}");
    }
    // Where it is not metered nothing is said.
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let called = test.host.call_metered(&name("echo"), "a".into()).await.unwrap();
    assert_eq!(called.fuel, None);
}

#[tokio::test]
async fn a_flood_of_output_is_cut_and_said_so_once() {
    let test = TestHost::new().await;
    test.deploy("floods-output").await.unwrap();
    assert_eq!(test.call("floods-output", "").await.unwrap(), "done");
    let events = test.events();
    let lines = events
        .iter()
        .filter(|event| matches!(event, Event::Output { .. }))
        .count();
    let dropped = events
        .iter()
        .filter(|event| matches!(event, Event::OutputDropped { .. }))
        .count();
    assert!((1_000..40_000).contains(&lines), "{lines}");
    assert_eq!(dropped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_the_concurrency_limit_are_refused_at_once() {
    let test = TestHost::new().await;
    let manifest = "manifest-version = 1\n[limits]\nconcurrency = 2\ndeadline = \"2s\"\n[instances]\nmax = 1\n";
    let manifest = Manifest::parse(manifest).unwrap();
    test.deploy_as("sleeps-forever", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    let call = || {
        let host = test.host.clone();
        tokio::spawn(async move { host.call(&airssys_wasm_tests::name("sleeps-forever"), "".into()).await })
    };
    let taken = [call(), call()];
    while test.host.status()[0].in_flight < 2 {
        tokio::task::yield_now().await;
    }
    let refused = tokio::time::timeout(Duration::from_secs(1), call())
        .await
        .expect("at once")
        .unwrap();
    assert_eq!(code(refused), "busy");
    taken.iter().for_each(tokio::task::JoinHandle::abort);
    while test.host.status()[0].in_flight > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_an_instance_gets_it_also_when_the_one_before_was_given_up() {
    let test = TestHost::new().await;
    let manifest = "manifest-version = 1\n[limits]\ndeadline = \"300ms\"\n[instances]\nmax = 1\n";
    let manifest = Manifest::parse(manifest).unwrap();
    test.deploy_as("sleeps-forever", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    let call = |number| {
        let host = test.host.clone();
        let call = tokio::spawn(async move { host.call(&airssys_wasm_tests::name("sleeps-forever"), "".into()).await });
        let host = test.host.clone();
        async move {
            while host.status()[0].in_flight < number {
                tokio::task::yield_now().await;
            }
            // In a tuple, because the call itself is still under way.
            (call,)
        }
    };
    let (first,) = call(1).await;
    let ((second,), (third,)) = (call(2).await, call(3).await);
    second.abort();
    // One after the other sleeps until its deadline; a slot given to the second would never come back.
    for call in [first, third] {
        assert_eq!(code(call.await.unwrap()), "deadline-exceeded");
    }
    assert_eq!(code(test.call("sleeps-forever", "").await), "deadline-exceeded");
    let status = &test.host.status()[0];
    assert_eq!((status.in_flight, status.instances), (0, 0));
}
