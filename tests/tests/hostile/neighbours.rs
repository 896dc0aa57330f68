//! Ten hostile components beside a healthy one, all at once and without pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use airssys_wasm::Error;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm_tests::{TestHost, name};

use crate::arena::alone;
use crate::deed::is_full;
use crate::guests::{Guest, NEIGHBOURS};

/// How long it goes on.
fn duration() -> Duration {
    Duration::from_secs(if is_full() { 60 } else { 5 })
}

/// Calls the hostile component again and again; counts the calls that ended, whatever came of them.
async fn misbehave(test: Arc<TestHost>, component: String, guest: &'static Guest, goes_on: Arc<AtomicBool>) -> u64 {
    let mut ended = 0;
    while goes_on.load(Ordering::Relaxed) {
        let call = format!("go({})", guest.numbers.0);
        let called = test
            .host
            .invoke(&name(&component), Invocation::wave(&call).unwrap())
            .await;
        let answer = called.as_ref().map_or_else(|error| error.code().as_str(), |_| "ok");
        let expected = guest.expected.split('|').chain(["deadline-exceeded"]);
        assert!(
            expected.into_iter().any(|expected| expected == answer),
            "{}: {called:?}",
            guest.what
        );
        ended += 1;
        if matches!(called, Err(Error::Busy { .. })) {
            tokio::task::yield_now().await;
        }
    }
    ended
}

#[test]
fn ten_hostile_components_beside_a_healthy_one_cost_it_no_call() {
    alone(async {
        let test = Arc::new(TestHost::new().await);
        test.deploy("echo").await.unwrap();
        let goes_on = Arc::new(AtomicBool::new(true));
        let limits = "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"500ms\"\n[instances]\nmax = 2\n";
        let mut hostile = Vec::new();
        assert_eq!(NEIGHBOURS.len(), 10);
        for (number, guest) in NEIGHBOURS.iter().enumerate() {
            let component = format!("hostile-{number}");
            let package = Package::new(wat::parse_str(guest.text()).unwrap()).name(name(&component));
            let package = package.manifest(Manifest::parse(limits).unwrap());
            test.host.deploy(package).await.unwrap();
            // As many at once as it has instances.
            for _ in 0..2 {
                let (test, goes_on) = (test.clone(), goes_on.clone());
                hostile.push(tokio::spawn(misbehave(test, component.clone(), guest, goes_on)));
            }
        }
        let answered = AtomicU64::new(0);
        let began = Instant::now();
        while began.elapsed() < duration() {
            let number = answered.load(Ordering::Relaxed).to_string();
            let answer = test.call("echo", &number).await;
            assert_eq!(answer.as_deref().ok(), Some(number.as_str()), "{answer:?}");
            answered.fetch_add(1, Ordering::Relaxed);
        }
        goes_on.store(false, Ordering::Relaxed);
        for hostile in hostile {
            assert!(hostile.await.unwrap() >= 1);
        }
        let status = test.status("echo");
        assert_eq!((status.calls, status.failed), (answered.into_inner(), 0));
        assert!(status.calls >= 100, "{}", status.calls);
        let test = Arc::into_inner(test).expect("all others have ended").reopen().await;
        assert_eq!(test.call("echo", "after").await.unwrap(), "after");
    });
}
