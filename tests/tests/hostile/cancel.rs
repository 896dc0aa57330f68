//! Calls and deployments that are given up, wherever they are at that moment.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use airssys_wasm::Error;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm_tests::{TestHost, edition, name, until};

use crate::guests::Guest;
use crate::turn::Turn;

/// Polls a future so many times, and gives it up then.
async fn given_up_after<T>(polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Waits a little in the host, computes a little, writes something, and so on.
const BUSY: Guest = Guest::new(
    "a bit of everything",
    r#"(func (export "go") (param $n i32) (result i32) (local $ready i32) (local $spins i32)
        (loop $again
            (local.set $ready (call $subscribe-duration (i64.const 200000)))
            (call $block (local.get $ready))
            (call $drop-pollable (local.get $ready))
            (local.set $spins (i32.const 1000000))
            (loop $spin
                (local.set $spins (i32.sub (local.get $spins) (i32.const 1)))
                (br_if $spin (local.get $spins)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n)))
        (i32.const 7))"#,
    "ok",
);

/// Computes, and leaves its thread to others now and then.
const COMPUTES: Guest = Guest::new(
    "computes",
    r#"(func (export "go") (param $n i32) (result i32) (loop $again (br $again)) (i32.const 0))"#,
    "deadline-exceeded",
);

async fn check(guest: &Guest, mode: &str, points: u32) {
    let test = TestHost::new().await;
    let manifest = Manifest::parse(&format!("manifest-version = 1\n[instances]\n{mode}\n")).unwrap();
    let package = Package::new(wat::parse_str(guest.text()).unwrap());
    test.host
        .deploy(package.name(name("hostile")).manifest(manifest))
        .await
        .unwrap();
    let hostile = name("hostile");
    let invoke = |call: &str| test.host.invoke(&hostile, Invocation::wave(call).unwrap());
    let mut cut = 0;
    for polls in 1..=points {
        cut += u32::from(given_up_after(polls, invoke("go(20)")).await.is_none());
        assert_eq!(invoke("fine()").await.unwrap().to_wave(), "7", "{mode}, {polls} polls");
    }
    assert!(cut >= points / 2, "{cut} of {points} calls were cut");
    until("nothing is under way", || test.status("hostile").in_flight == 0).await;
    assert!(test.status("hostile").instances <= 1);
    test.host.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_can_be_given_up_at_each_point_at_which_it_waits() {
    let _turn = Turn::together();
    for mode in ["mode = \"pool\"\nmax = 1", "mode = \"fresh\""] {
        check(&BUSY, mode, 24).await;
        check(&COMPUTES, mode, 8).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_can_be_given_up_at_each_point_at_which_it_waits() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    for polls in 1..=24_u8 {
        // Other bytes each time, so that each has to be compiled.
        let package = Package::new(edition("echo", polls)).name(name("echo"));
        let package = package.version(format!("1.0.{polls}").parse().unwrap());
        let _ = given_up_after(u32::from(polls), test.host.deploy(package)).await;
        assert_eq!(
            test.call("echo", "still here").await.unwrap(),
            "still here",
            "{polls} polls"
        );
    }
    // One that was begun may go on for a moment; then another has its turn, and the history tells an end of each.
    let deploy = async || {
        let package = Package::new(edition("echo", 100)).name(name("echo"));
        test.host.deploy(package.version("2.0.0".parse().unwrap())).await
    };
    let mut last = deploy().await;
    while matches!(last, Err(Error::Conflict { .. })) {
        tokio::task::yield_now().await;
        last = deploy().await;
    }
    last.unwrap();
    let history = test.host.history(&name("echo")).await.unwrap();
    assert!(history.iter().all(|record| record.outcome.is_some()), "{history:?}");
    let test = test.reopen().await;
    assert_eq!(test.status("echo").release.version.to_string(), "2.0.0");
    assert_eq!(test.call("echo", "after").await.unwrap(), "after");
}

#[test]
fn a_deadline_is_longer_than_nothing_and_a_length_of_time() {
    for text in [
        "0s",
        "0ms",
        "-1s",
        "18446744073709551616s",
        "584542046091y",
        "nan",
        "",
        "5",
        "1e3s",
        "30 cows",
    ] {
        let manifest = Manifest::parse(&format!("manifest-version = 1\n[limits]\ndeadline = \"{text}\"\n"));
        let error = manifest.expect_err(text);
        assert!(
            error.to_string().contains("length") || error.to_string().contains("longer"),
            "{text}: {error}"
        );
    }
}

#[tokio::test]
async fn the_longest_deadline_is_one() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    for (number, deadline) in ["18446744073709551615s", "580000000000y", "1ns"].iter().enumerate() {
        let manifest = format!("manifest-version = 1\n[limits]\ndeadline = \"{deadline}\"\n");
        let manifest = Manifest::parse(&manifest).unwrap_or_else(|error| panic!("{deadline}: {error}"));
        let package = Package::new(wat::parse_str(BUSY.text()).unwrap()).name(name(&format!("hostile-{number}")));
        let called = match test.host.deploy(package.manifest(manifest)).await {
            Ok(deployed) => test
                .host
                .invoke(&deployed.release.name, Invocation::wave("fine()").unwrap())
                .await
                .map(|value| value.to_wave()),
            Err(error) => Err(error),
        };
        match called {
            Ok(answer) => assert_eq!(answer, "7"),
            // A nanosecond is over before it has begun.
            Err(Error::Deadline { .. }) => assert_eq!(*deadline, "1ns"),
            // What is longer than an operator allows is refused before anything runs.
            Err(error) => assert_eq!(error.code().as_str(), "limit-above-ceiling", "{deadline}: {error}"),
        }
    }
}
