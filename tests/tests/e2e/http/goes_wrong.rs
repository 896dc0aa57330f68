//! What a client gets when a component goes wrong, and what it does not get.

use std::time::Duration;

use airssys_wasm_tests::{HttpHost, until};

const LIMITS: &str = "[http]\nroute = \"/*\"\n[limits]\ndeadline = \"1s\"\nconcurrency = 2\n";
const PATIENT: &str = "[http]\nroute = \"/*\"\n[limits]\ndeadline = \"10min\"\nconcurrency = 2\n";

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

#[tokio::test]
async fn a_client_need_not_wait_for_a_component_that_gave_up() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", PATIENT).await.unwrap();
    let answer = http.get("/gives-up-and-computes").await;
    assert_eq!((answer.status, answer.code().as_str()), (502, "no-response"));
    assert_eq!(http.test.status("web").in_flight, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_breaks_off_does_not_speak_against_the_component() {
    let http = HttpHost::with(|options| options.max_body_bytes = 10).await;
    http.deploy("http-goes-wrong", PATIENT).await.unwrap();
    for body in ["xyz\r\n", "b\r\nabcdefghijk\r\n0\r\n\r\n"] {
        let mut client = http.connect().await;
        client
            .send("POST /begins-and-reads HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        assert_eq!(client.chunk_after_head().await, b"the first half");
        client.send(body).await;
        assert_eq!(client.chunk().await, None, "{body:?}");
    }
    assert_eq!(http.counted(2).await, (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_wants_does_not_speak_against_the_component() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", "[http]\nroute = \"/*\"\n")
        .await
        .unwrap();
    for path in ["/", "/writes-much", "/ends-with-trailers"] {
        let mut client = http.connect().await;
        for _ in 0..2 {
            client
                .send(format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
                .await;
            assert_eq!(client.head().await.unwrap().status, 200, "{path}");
        }
    }
    let mut client = http.connect().await;
    client
        .send("GET /writes-much HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert!(!client.chunk_after_head().await.is_empty());
    drop(client);
    assert_eq!(http.counted(7).await, (7, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_goes_on_after_the_end_of_its_response() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", "[http]\nroute = \"/*\"\n")
        .await
        .unwrap();
    let asked = "GET /traps-after-trailers HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\n\r\n";
    let mut client = http.connect().await;
    client.send(asked).await;
    assert_eq!(client.chunk_after_head().await, b"well");
    // Cut short, it would not have come to its trap.
    assert_eq!(http.counted(1).await, (1, 1));
    let mut client = http.connect().await;
    client.send(asked.replace("GET", "HEAD")).await;
    assert_eq!(client.head().await.unwrap().status, 200);
    assert_eq!(http.counted(2).await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_says_of_its_body_holds_or_is_seen_not_to() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", PATIENT).await.unwrap();
    let promised = http.get("/promises").await;
    assert_eq!((promised.status, promised.code().as_str()), (502, "no-response"));
    for path in ["/writes-less", "/writes-more"] {
        let mut client = http.connect().await;
        client
            .send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await;
        assert!(client.answer().await.is_none_or(|answer| !answer.is_whole), "{path}");
        assert!(client.is_closed().await, "{path}");
    }
    let mut client = http.connect().await;
    let empty = client.get("/has-no-content").await;
    assert_eq!((empty.status, empty.header("content-length")), (204, None));
    assert_eq!(client.get("/splits").await.text(), "well");
    let own = client.get("/says-for-all").await;
    assert_eq!((own.status, own.header("x-own")), (200, Some("1")));
    assert_eq!(
        own.header("clear-site-data").or(own.header("service-worker-allowed")),
        None
    );
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
        http.until_in_flight(number).await;
    }
    let refused = http.get("/").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(waiting);
    http.until_in_flight(0).await;
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
        http.until_in_flight(1).await;
        if path == "/waits-late" {
            assert_eq!(client.head().await.unwrap().status, 200);
        }
        drop(client);
        http.until_in_flight(0).await;
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
    until("it is cut", || http.test.status("web").in_flight == 0).await;
}
