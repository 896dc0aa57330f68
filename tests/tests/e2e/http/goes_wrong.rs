//! What a client gets when a component goes wrong, and what it does not get.

use std::time::Duration;

use airssys_wasm_tests::HttpHost;

const LIMITS: &str = "[http]\nroute = \"/*\"\n[limits]\ndeadline = \"200ms\"\nconcurrency = 2\n";
const PATIENT: &str = "[http]\nroute = \"/*\"\n[limits]\ndeadline = \"10min\"\nconcurrency = 2\n";

/// Waits until so many requests are under way.
async fn until_in_flight(http: &HttpHost, number: u32) {
    while http.test.status("web").in_flight != number {
        tokio::task::yield_now().await;
    }
}

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
    assert_eq!(http.counted(7).await, (7, 6));
}

#[tokio::test]
async fn a_response_that_breaks_off_never_looks_whole() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", LIMITS).await.unwrap();
    for path in ["/traps-late", "/leaves", "/waits-late"] {
        let answer = http.get(path).await;
        assert_eq!((answer.status, answer.is_whole), (200, false), "{path}");
        assert_eq!(answer.text(), "the first half", "{path}");
    }
    assert_eq!(http.counted(3).await, (3, 3));
}

#[tokio::test]
async fn a_response_that_ends_with_its_connection_does_not_look_whole_either() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", LIMITS).await.unwrap();
    let ask = async |path: &str| {
        let mut client = http.connect().await;
        client
            .send(format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n"))
            .await;
        client.answer().await
    };
    assert!(ask("/").await.is_some_and(|answer| answer.is_whole));
    assert!(ask("/waits-late").await.is_none_or(|answer| !answer.is_whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_the_limit_are_refused_at_once() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", PATIENT).await.unwrap();
    let mut waiting = Vec::new();
    for number in 1..=2 {
        let mut client = http.connect().await;
        client.send("GET /waits HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        waiting.push(client);
        until_in_flight(&http, number).await;
    }
    let refused = http.get("/").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(waiting);
    until_in_flight(&http, 0).await;
    assert_eq!(http.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_takes_its_request_along() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", PATIENT).await.unwrap();
    for path in ["/waits", "/computes", "/waits-late"] {
        let mut client = http.connect().await;
        client
            .send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await;
        until_in_flight(&http, 1).await;
        if path == "/waits-late" {
            assert_eq!(client.head().await.unwrap().status, 200);
        }
        drop(client);
        until_in_flight(&http, 0).await;
    }
    // It does not speak against the component.
    assert_eq!(http.counted(3).await, (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_shut_down_says_so() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", LIMITS).await.unwrap();
    let mut client = http.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    http.test.host.shutdown().await.unwrap();
    let closed = client.get("/").await;
    assert_eq!((closed.status, closed.code().as_str()), (503, "closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_finishes_waits_for_its_requests_and_takes_no_more() {
    let http = HttpHost::new().await;
    http.deploy("streams-http", PATIENT).await.unwrap();
    let mut idle = http.connect().await;
    let mut client = http.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        .await;
    assert_eq!(client.head().await.unwrap().status, 200);
    assert_eq!(client.chunk().await.unwrap(), b"ABC");
    let (address, test) = (http.address(), http.test);
    let finishing = tokio::spawn(http.server.finish());
    assert!(idle.is_closed().await);
    while tokio::net::TcpStream::connect(address).await.is_ok() {}
    assert!(!finishing.is_finished());
    client.send("1\r\nd\r\n0\r\n\r\n").await;
    assert_eq!(client.chunk().await.unwrap(), b"D");
    assert_eq!(client.chunk().await.unwrap(), b"");
    finishing.await.unwrap();
    test.host.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_is_cut_when_the_server_finishes() {
    let test = airssys_wasm_tests::TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(50))).await;
    let http = HttpHost::of(test, |_| ()).await;
    http.deploy("streams-http", PATIENT).await.unwrap();
    let mut client = http.connect().await;
    client.send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(client.head().await.unwrap().status, 200);
    http.server.finish().await;
    while client.chunk().await.is_some_and(|chunk| !chunk.is_empty()) {}
    assert!(client.is_closed().await);
    while http.test.status("web").in_flight > 0 {
        tokio::task::yield_now().await;
    }
}
