//! Typed calls under limits: state, modes of instances, traps, deadlines, sizes.

use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::typed::{Invocation, Value};
use airssys_wasm::{Error, Event};
use airssys_wasm_tests::{TestHost, code, name};

/// The guest that breaks limits, under these further lines of a manifest.
async fn deployed(further: &str) -> TestHost {
    let test = TestHost::new().await;
    let text = format!("manifest-version = 1\n{further}");
    let manifest = Manifest::parse(&text).unwrap();
    let adapt = |package: Package| package.manifest(manifest);
    test.deploy_as("misbehaves", "1.0.0", adapt).await.unwrap();
    test
}

async fn invoke(test: &TestHost, call: &str) -> Result<Value, Error> {
    test.host.invoke(&name("misbehaves"), Invocation::wave(call)?).await
}

async fn count(test: &TestHost) -> String {
    invoke(test, "count()").await.unwrap().to_wave()
}

fn calls(texts: &[&str]) -> Vec<Invocation> {
    texts.iter().map(|text| Invocation::wave(text).unwrap()).collect()
}

/// The answers in WAVE, and the code of the error that ended them.
async fn invoke_all(test: &TestHost, texts: &[&str]) -> Vec<String> {
    let answers = test.host.invoke_all(&name("misbehaves"), calls(texts)).await.unwrap();
    let text = |answer: Result<Value, Error>| match answer {
        Ok(value) => value.to_wave(),
        Err(error) => error.code().as_str().to_owned(),
    };
    answers.into_iter().map(text).collect()
}

#[tokio::test]
async fn several_calls_are_made_on_one_instance() {
    let fresh = deployed("[instances]\nmode = \"fresh\"\n").await;
    assert_eq!(
        invoke_all(&fresh, &["count()", "count()", "count()"]).await,
        ["1", "2", "3"]
    );
    // The next have an instance of their own.
    assert_eq!(invoke_all(&fresh, &["count()"]).await, ["1"]);
    assert_eq!(invoke_all(&fresh, &[]).await, [""; 0]);
}

#[tokio::test]
async fn several_calls_end_with_the_first_that_fails() {
    let test = deployed("[instances]\nmode = \"fresh\"\n").await;
    let answers = invoke_all(&test, &["count()", "trap(true)", "count()"]).await;
    assert_eq!(answers, ["1", "trap"]);
    let answers = invoke_all(&test, &["count()", "conut()", "count()"]).await;
    assert_eq!(answers, ["1", "unknown-export"]);
}

#[tokio::test]
async fn the_mode_of_instances_holds_for_typed_calls() {
    let fresh = deployed("[instances]\nmode = \"fresh\"\n").await;
    let pool = deployed("[instances]\nmode = \"pool\"\nmax = 1\n").await;
    let actor = deployed("[instances]\nmode = \"actor\"\n").await;
    for (test, expected) in [
        (&fresh, ["1", "1", "1"]),
        (&pool, ["1", "2", "3"]),
        (&actor, ["1", "2", "3"]),
    ] {
        for expected in expected {
            assert_eq!(count(test).await, expected);
        }
    }
}

#[tokio::test]
async fn a_trap_discards_the_instance() {
    for mode in ["mode = \"pool\"\nmax = 1", "mode = \"actor\""] {
        let mode = format!("[instances]\n{mode}\n");
        let test = deployed(&mode).await;
        assert_eq!(count(&test).await, "1");
        match invoke(&test, "trap(true)").await.unwrap_err() {
            Error::Trap { message } => assert!(message.contains("unreachable"), "{message}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(discarded(&test, "trap"), 1);
        assert_eq!(count(&test).await, "1", "{mode}");
        assert_eq!(invoke(&test, "trap(false)").await.unwrap().to_wave(), "\"survived\"");
        assert_eq!(count(&test).await, "2");
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped_at_its_deadline() {
    let test = deployed("[limits]\ndeadline = \"300ms\"\n").await;
    match invoke(&test, "spin()").await.unwrap_err() {
        Error::Deadline { entry, .. } => assert_eq!(entry, "spin"),
        other => panic!("{other:?}"),
    }
    assert_eq!(discarded(&test, "deadline-exceeded"), 1);
    assert_eq!(count(&test).await, "1");
}

#[tokio::test]
async fn a_guest_gets_no_more_memory_than_its_limit() {
    let test = deployed("[limits]\nmemory = \"16MiB\"\n").await;
    assert_eq!(code(invoke(&test, "hoard()").await), "memory-exceeded");
    assert_eq!(discarded(&test, "memory-exceeded"), 1);
    assert_eq!(count(&test).await, "1");
}

#[tokio::test]
async fn fuel_is_metered_when_it_is_asked_for() {
    let test = TestHost::new().await;
    let manifest = Manifest::parse("manifest-version = 1\n[limits]\nfuel = 5_000_000\n").unwrap();
    let adapt = |package: Package| package.manifest(manifest);
    test.deploy_as("misbehaves", "1.0.0", adapt).await.unwrap();
    assert_eq!(code(invoke(&test, "spin()").await), "fuel-exhausted");
    // Each call has its own fuel.
    assert_eq!(invoke_all(&test, &["count()", "count()"]).await, ["1", "2"]);
    // Each says what it took; one that does not come to the guest has taken nothing.
    let calls = calls(&["count()", "count()", "conut()"]);
    let results = test.host.invoke_all_metered(&name("misbehaves"), calls).await.unwrap();
    let fuel: Vec<Option<u64>> = results.iter().map(|result| result.fuel).collect();
    assert!(fuel[0] > Some(0) && fuel[0] == fuel[1] && fuel[2].is_none(), "{fuel:?}");
}

#[tokio::test]
async fn large_arguments_and_results_have_limits_with_errors_of_their_own() {
    let test = deployed("").await;
    // 4 MiB of text hold nearly 1.4 million bytes as a list.
    let list = |bytes: usize| vec!["7"; bytes].join(",");
    let fits = format!("measure([{}])", list(1 << 20));
    assert_eq!(invoke(&test, &fits).await.unwrap().to_wave(), "1048576");
    let too_large = format!("measure([{}])", list(3 << 20));
    assert_eq!(code(invoke(&test, &too_large).await), "too-large");
    let bytes = "x".repeat(4 << 20);
    let in_json = |text: &str| Invocation::json("measure", vec![serde_json::json!({ "text": text })]);
    let component = name("misbehaves");
    let answer = test.host.invoke(&component, in_json(&bytes)).await;
    assert_eq!(answer.unwrap().to_wave(), (4 << 20).to_string());

    assert_eq!(invoke(&test, "flood(3)").await.unwrap().to_wave(), "[120, 120, 120]");
    let most = invoke(&test, "flood(300000)").await.unwrap();
    assert_eq!(most.to_wave().matches("120").count(), 300_000);
    match invoke(&test, "flood(4194305)").await.unwrap_err() {
        Error::Trap { message } => assert!(message.contains("more than one call may carry"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(count(&test).await, "1");
}

/// How many instances were discarded for this error.
fn discarded(test: &TestHost, expected: &str) -> usize {
    let is_it = |event: &&Event| matches!(event, Event::InstanceDiscarded { code, .. } if *code == expected);
    test.events().iter().filter(is_it).count()
}
