//! Components of other languages that export the contract deploy, answer, are replaced, and are cached.

use std::time::{Duration, Instant};

use airssys_wasm::component::{ComponentError, Kind, Manifest, Package, inspect};
use airssys_wasm::{Deployment, Error};
use airssys_wasm_tests::{TestHost, name};

use super::language::{C, PYTHON, QUICKJS, STARLINGMONKEY};
use super::swap::swap;
use super::{Language, artifact};

/// A compilation that takes longer is one that callers would notice, if it kept them waiting.
const NOTICED: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_python_component_deploys_answers_and_is_replaced_while_it_answers() {
    check(&PYTHON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_component_in_quickjs_deploys_answers_and_is_replaced_while_it_answers() {
    check(&QUICKJS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_component_in_starlingmonkey_deploys_answers_and_is_replaced_while_it_answers() {
    check(&STARLINGMONKEY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_c_component_deploys_answers_and_is_replaced_while_it_answers() {
    check(&C).await;
}

async fn check(language: &'static Language) {
    let Some(artifact) = artifact(language, "greeter").await else {
        return;
    };
    let inspection = inspect(&artifact.bytes).unwrap();
    assert_eq!(inspection.kind, Kind::Guest);
    assert!(inspection.exports.contains(&"airssys:component/guest@0.1.0".to_owned()));
    // The contract's types are all that it needs, so it runs with nothing granted.
    assert_eq!(inspection.imports, ["airssys:component/types@0.1.0"]);

    let [hello, good_day] = ["Hello", "Good day"].map(|greeting| format!("{greeting}, Ada, from {}", language.from));
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let lasting = limited(language.lasting_memory);
    let first = package(&artifact.bytes, "1.0.0").manifest(lasting.clone());
    let deployed = test.host.deploy(first.clone()).await.unwrap();
    assert!(!deployed.cached);
    assert_eq!(deployed.release.description, format!("Greets in {}.", language.from));
    assert_eq!(test.call("greeter", "Ada").await.unwrap(), hello);
    assert_eq!(
        test.call("greeter", "Zoë 🦀").await.unwrap(),
        hello.replace("Ada", "Zoë 🦀")
    );
    match test.call("greeter", "").await.unwrap_err() {
        Error::Guest(ComponentError::InvalidInput(reason)) => assert_eq!(reason, "a name is missing"),
        other => panic!("{other:?}"),
    }
    let call = mean_of_a_hundred_calls(&test).await;

    let config = serde_json::json!({ "greeting": "Good day" });
    let second = package(&noted(&artifact.bytes), "2.0.0")
        .manifest(lasting)
        .config(config.as_object().unwrap().clone());
    let swapped = swap(&test, second, &hello, &good_day).await;
    assert!(!swapped.deployed.cached);
    assert!(
        swapped.answers > 0 || took(&swapped.deployed, "compile") < NOTICED,
        "nobody was answered while the next version compiled"
    );
    assert_eq!(test.call("greeter", "Ada").await.unwrap(), good_day);

    // The same bytes are not compiled again: neither under another name, nor by the next host.
    let small = limited(&format!("{}KiB", language.memory));
    let small = first.name(name("small")).manifest(small);
    let cached = test.host.deploy(small).await.unwrap();
    assert!(cached.cached);
    assert_eq!(test.call("small", "Ada").await.unwrap(), hello);
    let test = test.reopen().await;
    let began = Instant::now();
    assert_eq!(test.call("greeter", "Ada").await.unwrap(), good_day);
    let first_call = began.elapsed();

    println!(
        "{}: {} bytes; compiled in {:.2?}, and again in {:.2?} while {} calls were answered \
         within {:.1?}; loaded from the cache in {:.1?}; instance in {:.2?}; call {:.1?}; first call after a restart {:.1?}",
        language.name,
        artifact.bytes.len(),
        took(&deployed, "compile"),
        took(&swapped.deployed, "compile"),
        swapped.answers,
        swapped.longest,
        took(&cached, "compile"),
        took(&cached, "start"),
        call,
        first_call,
    );
}

fn package(bytes: &[u8], version: &str) -> Package {
    Package::new(bytes)
        .name(name("greeter"))
        .version(version.parse().unwrap())
}

/// The manifest of a component with this memory limit.
fn limited(memory: &str) -> Manifest {
    Manifest::parse(&format!("manifest-version = 1\n[limits]\nmemory = \"{memory}\"\n")).unwrap()
}

/// The same component in other bytes: with a custom section at its end.
fn noted(component: &[u8]) -> Vec<u8> {
    [component, &[0, 5, 4], b"note"].concat()
}

async fn mean_of_a_hundred_calls(test: &TestHost) -> Duration {
    let began = Instant::now();
    for _ in 0..100 {
        test.call("greeter", "Ada").await.unwrap();
    }
    began.elapsed() / 100
}

fn took(deployment: &Deployment, step: &str) -> Duration {
    let timing = deployment.steps.iter().find(|timing| timing.step == step);
    timing.map(|timing| timing.took).unwrap_or_default()
}
