//! Guests that run, or wait, without end: wherever they do, they are stopped at their deadline, and cost nobody else.

use std::time::{Duration, Instant};

use airssys_wasm::Error;
use airssys_wasm::component::{Manifest, Message, Package};
use airssys_wasm_tests::{ByHand, CLOCK, ENDLESS, TestHost, WAITING, name};

use crate::arena::alone;

/// What each entry may take.
const DEADLINE: Duration = Duration::from_millis(200);

/// How often each case is run.
/// The figures of the documentation are from more, on a machine that does nothing else.
fn rounds() -> usize {
    let said = std::env::var("AIRSSYS_HOSTILE_ROUNDS").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// How late half of the stops may be, and each of them: other tests and builds run beside this one.
const USUAL: Duration = Duration::from_millis(60);
const WORST: Duration = Duration::from_secs(2);

fn package(bytes: &[u8]) -> Package {
    let manifest = format!(
        "manifest-version = 1\n[limits]\ndeadline = \"{}ms\"\n",
        DEADLINE.as_millis()
    );
    Package::new(bytes)
        .name(name("hostile"))
        .manifest(Manifest::parse(&manifest).unwrap())
}

/// The code of an error, of the reason when a deployment has failed.
fn code(error: &Error) -> &'static str {
    match error {
        Error::Deployment { reason, .. } => code(reason),
        error => error.code().as_str(),
    }
}

/// How late something was, beyond one deadline.
fn late(began: Instant) -> Duration {
    began.elapsed().saturating_sub(DEADLINE)
}

/// A healthy component answers, and nothing of the hostile one is left.
async fn assert_in_order(test: &TestHost) {
    assert_eq!(test.call("echo", "still here").await.unwrap(), "still here");
    let gone = async {
        while test.host.usage().instances.used > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone)
        .await
        .expect("the instances of the hostile component are gone");
}

/// Runs a case so often, and says how late its stops were; each case ends with the code that it has to end with.
fn check(
    what: &str,
    component: &ByHand<'_>,
    expected: &str,
    run: impl AsyncFn(&TestHost, &[u8]) -> (Duration, String),
) {
    let bytes = component.component();
    let mut lateness = alone(async {
        let test = TestHost::new().await;
        test.deploy("echo").await.unwrap();
        test.call("echo", "warm").await.unwrap();
        let mut lateness = Vec::new();
        for _ in 0..rounds() {
            let (late, code) = run(&test, &bytes).await;
            assert_eq!(code, expected, "{what}");
            lateness.push(late);
            assert_in_order(&test).await;
        }
        test.host.shutdown().await.unwrap();
        lateness
    });
    lateness.sort();
    let (usual, worst) = (lateness[lateness.len() / 2], lateness[lateness.len() - 1]);
    if std::env::var_os("AIRSSYS_HOSTILE_SHOW").is_some() {
        let most = lateness[lateness.len() * 99 / 100];
        show(&format!(
            "{what}: after the deadline half within {usual:.2?}, 99 of 100 within {most:.2?}, all within {worst:.2?}"
        ));
    }
    assert!(usual < USUAL && worst < WORST, "{what}: {lateness:?}");
}

/// A deployment that fails because the guest is stopped.
async fn deploys(test: &TestHost, bytes: &[u8]) -> (Duration, String) {
    // Compiling is not what is measured: the first deployment leaves it in the cache.
    let _ = test.host.package(package(bytes)).await;
    let began = Instant::now();
    let error = test.host.deploy(package(bytes)).await.unwrap_err();
    (late(began), code(&error).into())
}

/// A call that fails because the guest is stopped.
async fn calls(test: &TestHost, bytes: &[u8]) -> (Duration, String) {
    test.host.deploy(package(bytes)).await.unwrap();
    let began = Instant::now();
    let error = test.host.call(&name("hostile"), Message::text("x")).await.unwrap_err();
    let late = late(began);
    test.host.remove(&name("hostile")).await.unwrap();
    (late, code(&error).into())
}

/// A removal that waits for the guest no longer than its deadline.
async fn removes(test: &TestHost, bytes: &[u8]) -> (Duration, String) {
    test.host.deploy(package(bytes)).await.unwrap();
    let began = Instant::now();
    test.host.remove(&name("hostile")).await.unwrap();
    let gone = async {
        while test.host.usage().instances.used > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
    (late(began), "removed".into())
}

#[test]
fn an_endless_start_function_is_stopped() {
    let component = ByHand {
        start: ENDLESS,
        ..ByHand::default()
    };
    check("the start function", &component, "deadline-exceeded", deploys);
}

#[test]
fn an_endless_init_is_stopped() {
    let component = ByHand {
        init: ENDLESS,
        ..ByHand::default()
    };
    check("init", &component, "deadline-exceeded", deploys);
}

#[test]
fn an_endless_allocation_is_stopped() {
    let component = ByHand {
        realloc: ENDLESS,
        ..ByHand::default()
    };
    check("cabi_realloc", &component, "deadline-exceeded", deploys);
}

#[test]
fn an_endless_health_check_is_stopped() {
    let component = ByHand {
        health: ENDLESS,
        ..ByHand::default()
    };
    check("health-status", &component, "deadline-exceeded", deploys);
}

#[test]
fn an_endless_call_is_stopped() {
    let component = ByHand {
        execute: ENDLESS,
        ..ByHand::default()
    };
    check("execute", &component, "deadline-exceeded", calls);
}

#[test]
fn what_never_ends_after_the_answer_is_stopped() {
    let component = ByHand {
        post_return: ENDLESS,
        ..ByHand::default()
    };
    check("post-return", &component, "deadline-exceeded", calls);
}

#[test]
fn an_endless_shutdown_is_stopped() {
    let component = ByHand {
        shutdown: ENDLESS,
        ..ByHand::default()
    };
    check("shutdown", &component, "removed", removes);
}

/// What waits in the host, with this in the place of one of the entries.
fn waiting<'a>() -> ByHand<'a> {
    ByHand {
        imports: CLOCK,
        ..ByHand::default()
    }
}

#[test]
fn a_start_function_that_waits_in_the_host_is_stopped() {
    let component = ByHand {
        start: WAITING,
        ..waiting()
    };
    check(
        "waiting in the start function",
        &component,
        "deadline-exceeded",
        deploys,
    );
}

#[test]
fn an_init_that_waits_in_the_host_is_stopped() {
    let component = ByHand {
        init: WAITING,
        ..waiting()
    };
    check("waiting in init", &component, "deadline-exceeded", deploys);
}

#[test]
fn a_health_check_that_waits_in_the_host_is_stopped() {
    let component = ByHand {
        health: WAITING,
        ..waiting()
    };
    check("waiting in health-status", &component, "deadline-exceeded", deploys);
}

#[test]
fn a_call_that_waits_in_the_host_is_stopped() {
    let component = ByHand {
        execute: WAITING,
        ..waiting()
    };
    check("waiting in execute", &component, "deadline-exceeded", calls);
}

#[test]
fn a_shutdown_that_waits_in_the_host_is_stopped() {
    let component = ByHand {
        shutdown: WAITING,
        ..waiting()
    };
    check("waiting in shutdown", &component, "removed", removes);
}

#[test]
fn nothing_can_wait_in_the_host_where_the_component_may_not_leave() {
    let component = ByHand {
        realloc: WAITING,
        ..waiting()
    };
    check("waiting in cabi_realloc", &component, "trap", deploys);
    let component = ByHand {
        post_return: WAITING,
        ..waiting()
    };
    check("waiting in post-return", &component, "trap", calls);
}

#[test]
fn every_kind_of_trap_costs_one_instance() {
    let traps = [
        ("unreachable", "unreachable"),
        ("division by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
        ("overflow", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
        ("a float that is no integer", "(drop (i32.trunc_f32_s (f32.const nan)))"),
        ("outside of memory", "(drop (i32.load (i32.const -4)))"),
        ("outside of a table", "(call_indirect (i32.const 9))"),
        ("an empty element", "(call_indirect (i32.const 0))"),
        ("another type", "(drop (call_indirect (result i32) (i32.const 1)))"),
        ("recursion", "(call $again)"),
    ];
    alone(async {
        let test = TestHost::new().await;
        test.deploy("echo").await.unwrap();
        for (what, execute) in traps {
            let component = ByHand {
                fields: "(table 2 funcref) (elem (i32.const 1) $again) (func $again (call $again))",
                execute,
                ..ByHand::default()
            };
            test.host.deploy(package(&component.component())).await.unwrap();
            for _ in 0..2 {
                let error = test.host.call(&name("hostile"), Message::text("")).await.unwrap_err();
                assert_eq!(error.code().as_str(), "trap", "{what}: {error}");
            }
            test.host.remove(&name("hostile")).await.unwrap();
            assert_in_order(&test).await;
        }
    });
}

/// Eight guests that never stop share two threads with a healthy component.
#[test]
fn hogs_cost_a_neighbour_no_call() {
    let component = ByHand {
        execute: ENDLESS,
        ..ByHand::default()
    };
    let bytes = component.component();
    alone(async {
        let test = TestHost::new().await;
        test.deploy("echo").await.unwrap();
        let manifest = "manifest-version = 1\n[limits]\ndeadline = \"2s\"\n";
        let package = package(&bytes).manifest(Manifest::parse(manifest).unwrap());
        test.host.deploy(package).await.unwrap();
        let began = Instant::now();
        let hogs: Vec<_> = (0..8)
            .map(|_| {
                let host = test.host.clone();
                tokio::spawn(async move { host.call(&name("hostile"), Message::text("")).await })
            })
            .collect();
        while test.status("hostile").in_flight < 8 {
            tokio::task::yield_now().await;
        }
        let mut took = Vec::new();
        while began.elapsed() < Duration::from_millis(1_800) {
            let call = Instant::now();
            assert_eq!(test.call("echo", "well").await.unwrap(), "well");
            took.push(call.elapsed());
            // As a caller does whose next request has to come first.
            tokio::task::yield_now().await;
        }
        took.sort();
        let (calls, worst) = (took.len(), took[took.len() - 1]);
        if std::env::var_os("AIRSSYS_HOSTILE_SHOW").is_some() {
            let p99 = took[took.len() * 99 / 100];
            show(&format!("beside 8 hogs: {calls} calls, p99 {p99:?}, worst {worst:?}"));
        }
        assert!(calls > 20 && worst < Duration::from_secs(1), "{calls} calls, {worst:?}");
        for hog in hogs {
            assert_eq!(code(&hog.await.unwrap().unwrap_err()), "deadline-exceeded");
        }
        assert_in_order(&test).await;
    });
}

#[expect(clippy::print_stderr, reason = "asked for by whoever runs the tests")]
fn show(line: &str) {
    eprintln!("{line}");
}
