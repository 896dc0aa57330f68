//! The way of an author, from nothing to a swap under load, in each language.

use std::time::Instant;

use airssys_wasm::component::Message;
use airssys_wasm::control::Client;
use airssys_wasm_tests::name;

use super::callers::Callers;
use super::project::Project;
use super::template::{self, Template, alone};
use super::watched::Watched;

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_c_has_what_an_author_of_rust_has() {
    check(&template::C).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_cpp_has_what_an_author_of_rust_has() {
    check(&template::CPP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_go_has_what_an_author_of_rust_has() {
    check(&template::GO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_python_has_what_an_author_of_rust_has() {
    check(&template::PYTHON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_javascript_has_what_an_author_of_rust_has() {
    check(&template::JAVASCRIPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_typescript_has_what_an_author_of_rust_has() {
    check(&template::TYPESCRIPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_of_rust_has_the_same() {
    check(&template::RUST).await;
}

async fn check(template: &'static Template) {
    let _turn = alone().await;
    if !template.is_here().await {
        return;
    }
    let language = template.language;
    let mut project = Project::new(language, "component");
    let begin = Instant::now();
    let built = project.build();
    let first_build = begin.elapsed();
    // The contract's types are all that it imports, so that it runs with nothing granted.
    if language != "rust" {
        assert_eq!(
            built["imports"],
            serde_json::json!(["airssys:component/types@0.1.0"]),
            "{built:#}"
        );
        assert_eq!(built["runtime_imports"], serde_json::json!([]));
    }
    assert!(built["initial_memory"].as_u64().unwrap() < 16 << 20, "{built:#}");

    let said = project.shell.well("airssys-wasm test");
    assert!(
        said.contains("1 case passed") || said.contains("2 cases passed"),
        "{said}"
    );
    let said = project.shell.well("airssys-wasm deploy");
    assert!(said.contains("Deployed hello@0.1.0"), "{said}");
    assert_eq!(
        project.shell.well("airssys-wasm call hello world").trim_end(),
        "Hello, world!"
    );
    let said = project.shell.run("airssys-wasm call hello ' '");
    assert_eq!(said.exit, 106, "{}", said.text);
    assert!(said.text.contains("say whom to greet"), "{}", said.text);
    let said = project.shell.well("airssys-wasm inspect hello");
    assert!(said.contains(" at the start, "), "{said}");

    let watched = Watched::begin(&project);
    let watched = tokio::task::spawn_blocking(move || {
        watched.serves();
        watched
    });
    let watched = watched.await.unwrap();
    let state = project.path(".airssys");
    let callers = Callers::begin(&state, "hello").await;
    let (from, to) = template.change;
    project.edit(template.source, from, to);
    let swapped = tokio::task::spawn_blocking(move || (watched.swapped(), watched));
    let (swap, watched) = swapped.await.unwrap();
    let client = Client::connect(&state, std::sync::Arc::new(|_| {})).await.unwrap();
    let answer = client.call(&name("hello"), Message::text("world")).await.unwrap();
    assert_eq!(answer.to_text(), "Hello, world?");
    let (calls, failed) = callers.end().await;
    assert!(failed.is_empty() && calls > 10, "{calls} calls, failed: {failed:?}");
    assert_eq!(swap["failed"], 0);
    watched.end();
    println!(
        "{language}: {} bytes, {} KiB of memory at the start, {} core modules; first build in {first_build:.1?}; save \
         to live in {:.2} s, of which build {:.2} s, compile {:.2} s, swap {:.3} s; {calls} calls meanwhile, 0 failed",
        built["size"],
        built["initial_memory"].as_u64().unwrap() >> 10,
        built["core_modules"],
        swap["live_seconds"].as_f64().unwrap(),
        swap["build_seconds"].as_f64().unwrap(),
        swap["compile_seconds"].as_f64().unwrap(),
        swap["swap_seconds"].as_f64().unwrap(),
    );
}
