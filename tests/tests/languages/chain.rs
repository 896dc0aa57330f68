//! Rust, Python, JavaScript, C and Go in one chain of calls, each replaced by itself while calls go through all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use airssys_wasm::Host;
use airssys_wasm::component::{Message, Package};
use airssys_wasm_tests::{TestHost, name};

use super::project::Project;
use super::template::{C, GO, JAVASCRIPT, PYTHON, RUST, Template, alone};

const CHAIN: [&Template; 5] = [&RUST, &PYTHON, &JAVASCRIPT, &C, &GO];

/// How many go through the chain at the same time.
const CALLERS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_polyglot_chain_is_replaced_by_itself_and_no_call_fails() {
    let _turn = alone().await;
    let mut parts = Vec::new();
    for template in CHAIN {
        if template.is_here().await {
            let bytes = tokio::task::spawn_blocking(|| Project::new(template.language, "component").component());
            parts.push((template.language, bytes.await.unwrap()));
        }
    }
    let languages: Vec<&'static str> = parts.iter().map(|(language, _)| *language).collect();
    let test = TestHost::new().await;
    for (language, bytes) in &parts {
        test.host.deploy(package(language, bytes, 1)).await.unwrap();
    }
    let first: Vec<u32> = vec![1; parts.len()];
    assert_eq!(through(&test.host, &languages).await.unwrap(), first);

    let ended = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicU64::new(0));
    let callers = (0..CALLERS).map(|_| {
        let (host, languages, ended, calls) = (test.host.clone(), languages.clone(), ended.clone(), calls.clone());
        tokio::spawn(async move {
            let (mut failed, mut last) = (Vec::new(), vec![1; languages.len()]);
            while !ended.load(Ordering::Acquire) {
                match through(&host, &languages).await {
                    // Nobody gets an older release after a newer one.
                    Ok(editions) => {
                        assert!(
                            editions.iter().zip(&last).all(|(now, before)| now >= before),
                            "{editions:?} after {last:?}"
                        );
                        last = editions;
                    }
                    Err(error) => failed.push(error),
                }
                calls.fetch_add(1, Ordering::AcqRel);
                tokio::task::yield_now().await;
            }
            failed
        })
    });
    let callers: Vec<_> = callers.collect();
    for (part, (language, bytes)) in parts.iter().enumerate() {
        let before = calls.load(Ordering::Acquire);
        // In other bytes, so that it is compiled while the old one answers.
        let second = [bytes, &[0, 5, 4][..], b"note"].concat();
        let deployed = test.host.deploy(package(language, &second, 2)).await.unwrap();
        assert!(!deployed.cached);
        let mut editions = first.clone();
        editions[..=part].fill(2);
        assert_eq!(through(&test.host, &languages).await.unwrap(), editions);
        println!(
            "{language}: replaced, {} calls of the whole chain meanwhile",
            calls.load(Ordering::Acquire) - before
        );
    }
    ended.store(true, Ordering::Release);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Vec::<String>::new());
    }
    assert!(calls.load(Ordering::Acquire) > 0);
}

/// A part of the chain that greets with its language and its edition.
fn package(language: &str, bytes: &[u8], edition: u32) -> Package {
    let config = serde_json::json!({ "greeting": format!("{language} {edition}") });
    Package::new(bytes)
        .name(name(language))
        .version(format!("{edition}.0.0").parse().unwrap())
        .config(config.as_object().unwrap().clone())
}

/// Calls each part with the answer of the one before; returns which edition of each has answered.
async fn through(host: &Host, languages: &[&str]) -> Result<Vec<u32>, String> {
    let mut text = "x".to_owned();
    for language in languages {
        let answer = host.call(&name(language), Message::text(&*text)).await;
        text = answer
            .map_err(|error| format!("{language}: {error}"))?
            .to_text()
            .into_owned();
    }
    // The last part's greeting is first.
    let greetings: Vec<&str> = text.split(", ").collect();
    let edition = |(language, greeting): (&&str, &&str)| {
        let number = greeting.strip_prefix(*language)?.trim().parse().ok()?;
        Some(number)
    };
    let editions: Option<Vec<u32>> = languages
        .iter()
        .zip(greetings.iter().rev().skip(1))
        .map(edition)
        .collect();
    editions
        .filter(|editions| editions.len() == languages.len())
        .ok_or(text)
}
