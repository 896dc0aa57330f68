//! Calls that go on while a deployment compiles.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use airssys_wasm::component::Package;
use airssys_wasm::{Deployment, Event};
use airssys_wasm_tests::TestHost;

/// What callers saw of a deployment.
pub(crate) struct Swap {
    pub(crate) deployed: Deployment,
    /// Calls that began and ended while the new version compiled.
    pub(crate) answers: u32,
    /// The longest of them.
    pub(crate) longest: Duration,
}

/// Where the compilation of the next version stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compilation {
    Ahead,
    UnderWay,
    Over,
}

/// Deploys version 2 of `greeter` and calls its version 1 and the guest `echo` until it is in service.
pub(crate) async fn swap(test: &TestHost, second: Package, first_answer: &str, second_answer: &str) -> Swap {
    let ended = AtomicBool::new(false);
    let deploying = async {
        let deployed = test.host.deploy(second).await;
        ended.store(true, Ordering::Release);
        deployed
    };
    let calling = async {
        let (mut answers, mut longest) = (0, Duration::ZERO);
        // A pace that leaves the processors to the compiler.
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        while !ended.load(Ordering::Acquire) {
            for component in ["echo", "greeter"] {
                let before = compilation(test);
                let began = Instant::now();
                let answer = test.call(component, "Ada").await.unwrap();
                let took = began.elapsed();
                let after = compilation(test);
                let is_first = answer == if component == "echo" { "Ada" } else { first_answer };
                assert!(
                    is_first || (after == Compilation::Over && answer == second_answer),
                    "{answer}"
                );
                if (before, after) == (Compilation::UnderWay, Compilation::UnderWay) {
                    answers += 1;
                    longest = longest.max(took);
                }
                pace.tick().await;
            }
        }
        (answers, longest)
    };
    let (deployed, (answers, longest)) = tokio::join!(deploying, calling);
    Swap {
        deployed: deployed.unwrap(),
        answers,
        longest,
    }
}

fn compilation(test: &TestHost) -> Compilation {
    let events = test.events();
    let of_second = |event: &&Event| match event {
        Event::StepStarted { version, step, .. } | Event::StepFinished { version, step, .. } => {
            version.major == 2 && *step == "compile"
        }
        _ => false,
    };
    match events.iter().rfind(of_second) {
        None => Compilation::Ahead,
        Some(Event::StepStarted { .. }) => Compilation::UnderWay,
        Some(_) => Compilation::Over,
    }
}
