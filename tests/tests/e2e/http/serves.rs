//! Requests go to the component with their route, and its answers come back.

use airssys_wasm_tests::{HttpHost, code, serves_http};

#[tokio::test]
async fn a_request_is_answered_by_the_component_with_its_route() {
    let http = HttpHost::new().await;
    http.deploy("serves-http", "[http]\nroute = \"/greet/*\"\n")
        .await
        .unwrap();
    let answer = http.get("/greet/a/b?c=d").await;
    assert_eq!((answer.status, answer.is_whole), (200, true));
    assert_eq!(answer.text(), "release-1 Method::Get /greet/a/b?c=d\n");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let elsewhere = http.get("/gret/a").await;
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (404, "no-route"));
    assert!(elsewhere.text().contains("`/greet/*`"), "{}", elsewhere.text());
}
