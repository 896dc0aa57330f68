//! The templates that are no components of the contract: web APIs and commands.

use airssys_wasm::component::Package;
use airssys_wasm_tests::{HttpHost, TestHost, name};

use super::project::Project;
use super::template::{self, Template, alone};

#[tokio::test(flavor = "multi_thread")]
async fn a_web_api_in_python_answers() {
    web_api(&template::PYTHON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_api_in_javascript_answers() {
    web_api(&template::JAVASCRIPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_c_answers() {
    command(&template::C).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_go_answers() {
    command(&template::GO).await;
}

async fn web_api(template: &Template) {
    let _turn = alone().await;
    if !template.is_here().await {
        return;
    }
    let mut project = Project::new(template.language, "http");
    project.shell.well("airssys-wasm test");
    let host = HttpHost::of(TestHost::new().await, |_| {}).await;
    let bytes = project.component();
    host.test.host.deploy(Package::new(bytes)).await.unwrap();
    let answer = host.get("/hello/w%C3%B6rld").await;
    assert_eq!((answer.status, answer.text()), (200, "Hello, wörld!\n".into()));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(host.get("/hello/").await.status, 404);
    assert_eq!(host.post("/hello/world", "", "x").await.status, 405);
}

async fn command(template: &Template) {
    let _turn = alone().await;
    if !template.is_here().await {
        return;
    }
    let mut project = Project::new(template.language, "command");
    let said = project.shell.well("airssys-wasm test");
    assert!(said.contains("1 case passed"), "{said}");
    let test = TestHost::new().await;
    test.host
        .deploy(Package::new(project.component()).name(name("hello")))
        .await
        .unwrap();
    assert_eq!(test.call("hello", "world").await.unwrap(), "Hello, world!\n");
    // More than one reading of standard input.
    let long = "x".repeat(100_000);
    assert_eq!(test.call("hello", &long).await.unwrap(), format!("Hello, {long}!\n"));
}
