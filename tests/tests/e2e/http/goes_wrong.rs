//! What a client gets when a component goes wrong, and what it does not get.

use airssys_wasm_tests::HttpHost;

const LIMITS: &str = "[http]\nroute = \"/*\"\n[limits]\ndeadline = \"200ms\"\nconcurrency = 2\n";

#[tokio::test]
async fn without_an_answer_of_the_component_there_is_one_of_the_host() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", LIMITS).await.unwrap();
    for (path, status, code) in [
        ("/traps", 500, "trap"),
        ("/returns", 502, "no-response"),
        ("/gives-up", 502, "no-response"),
        ("/switches", 502, "no-response"),
        ("/waits", 504, "deadline-exceeded"),
        ("/computes", 504, "deadline-exceeded"),
    ] {
        let answer = http.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
        assert!(!answer.text().contains('\u{1b}'), "{}", answer.text());
    }
    assert_eq!(http.get("/").await.text(), "well");
    let status = http.test.status("web");
    assert_eq!((status.calls, status.failed), (7, 6));
}
