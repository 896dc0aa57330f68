//! The calls of all components together: nobody has so many that none are left for others.

use std::time::Duration;

use tokio::task::JoinHandle;

use airssys_wasm::component::{Manifest, Message, Package};
use airssys_wasm::{Error, HostResource};
use airssys_wasm_tests::{TestHost, guest, name, until};

type Waiting = JoinHandle<Result<Message, Error>>;

/// A component whose calls never end; of all but one it does not even begin with.
async fn deploy(test: &TestHost, component: &str, mode: &str) {
    let manifest =
        format!("manifest-version = 1\n[limits]\nconcurrency = 1024\ndeadline = \"10min\"\n[instances]\n{mode}\n");
    let package = Package::new(guest("sleeps-forever")).name(name(component));
    let package = package.manifest(Manifest::parse(&manifest).unwrap());
    test.host.deploy(package).await.unwrap();
}

/// Calls it until that is refused.
async fn call_until_refused(test: &TestHost, component: &'static str) -> (Vec<Waiting>, Error) {
    let (mut calls, others) = (Vec::<Waiting>::new(), test.host.usage().calls.used);
    loop {
        let host = test.host.clone();
        let call = tokio::spawn(async move { host.call(&name(component), Message::text("")).await });
        until("the call waits or is refused", || {
            call.is_finished() || test.host.usage().calls.used > others + calls.len() as u64
        })
        .await;
        if call.is_finished() {
            return (calls, call.await.unwrap().unwrap_err());
        }
        calls.push(call);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_all_components_are_bounded_and_shared() {
    let test = TestHost::with(|builder| {
        let builder = builder.drain_deadline(Duration::from_millis(200));
        builder.call_budget(64)
    })
    .await;
    test.deploy("echo").await.unwrap();
    test.deploy("counter").await.unwrap();
    deploy(&test, "hog", "max = 1").await;
    deploy(&test, "actor", "mode = \"actor\"").await;
    let (mut calls, refused) = call_until_refused(&test, "hog").await;
    // All but the last eighth.
    assert_eq!(calls.len(), 56);
    match &refused {
        Error::OverBudget {
            name, resource, budget, ..
        } => assert_eq!((name.as_str(), *resource, *budget), ("hog", HostResource::Calls, 64)),
        other => panic!("{other:?}"),
    }
    assert!(!refused.is_guest_fault() && refused.counts_as_failure());
    // Another has its share of the rest, and leaves the last sixteenth.
    let (more, refused) = call_until_refused(&test, "actor").await;
    assert_eq!((more.len(), refused.code().as_str()), (4, "over-budget"));
    calls.extend(more);
    // Whoever has next to none goes on.
    for number in 1..=20_u32 {
        assert_eq!(test.call("echo", "well").await.unwrap(), "well");
        assert_eq!(test.call("counter", "").await.unwrap(), number.to_string());
    }
    until("theirs are done", || test.host.usage().calls.used == 60).await;
    for call in calls {
        call.abort();
    }
    // An actor goes on with what it has begun.
    until("the calls of the pool come back", || test.host.usage().calls.used <= 4).await;
    test.host.remove(&name("hog")).await.unwrap();
    let shut = tokio::time::timeout(Duration::from_secs(60), test.host.shutdown());
    shut.await.unwrap().unwrap();
    until("no call is left", || test.host.usage().calls.used == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_goes_to_the_next_release_keeps_its_place_and_counts_once() {
    let test = TestHost::with(|builder| builder.call_budget(16)).await;
    test.deploy("counts-slowly").await.unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let host = test.host.clone();
            tokio::spawn(async move { host.call(&name("counts-slowly"), Message::text("200")).await })
        })
        .collect();
    until("all calls wait", || test.host.usage().calls.used == 10).await;
    test.deploy_as("counts-slowly", "2.0.0", |package| package)
        .await
        .unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    until("all calls are done", || test.host.usage().calls.used == 0).await;
}
