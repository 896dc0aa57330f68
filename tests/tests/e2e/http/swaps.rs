//! Releases are swapped while requests go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm::Event;
use airssys_wasm_tests::{Client, HttpHost, TestHost, edition, serves_http, until};

const ALL: &str = "[http]\nroute = \"/*\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_releases_are_swapped() {
    let http = HttpHost::new().await;
    http.deploy_bytes("web", "1.0.0", serves_http(1), ALL).await.unwrap();
    let ended = Arc::<AtomicBool>::default();
    let answered = Arc::<AtomicU64>::default();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let (address, ended, answered) = (http.address(), ended.clone(), answered.clone());
        clients.push(tokio::spawn(async move {
            // One connection for all requests: one that was closed would be missed.
            let mut client = Client::connect(address).await;
            while !ended.load(Ordering::Relaxed) {
                let answer = client.get("/x").await;
                assert_eq!((answer.status, answer.is_whole), (200, true), "{}", answer.text());
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let mut release = 1;
    for patch in 1..=30 {
        release = 1 + release % 9;
        let goal = answered.load(Ordering::Relaxed) + 20;
        http.deploy_bytes("web", &format!("1.0.{patch}"), serves_http(release), ALL)
            .await
            .unwrap();
        until("requests are answered", || answered.load(Ordering::Relaxed) >= goal).await;
    }
    ended.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert!(http.get("/").await.text().starts_with(&format!("release-{release} ")));
    let calls = answered.load(Ordering::Relaxed) + 1;
    assert_eq!(http.counted(calls).await, (calls, 0));
}

/// Begins a request whose response has begun, and goes on.
async fn begin(http: &HttpHost) -> Client {
    let mut client = http.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nold\r\n")
        .await;
    assert_eq!(client.head().await.unwrap().status, 200);
    assert_eq!(client.chunk().await.unwrap(), b"OLD");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_has_begun_goes_on_after_a_swap_and_the_drain_waits_for_it() {
    let http = HttpHost::new().await;
    let streams = |number| edition("streams-http", number);
    http.deploy_bytes("web", "1.0.0", streams(1), ALL).await.unwrap();
    let mut client = begin(&http).await;
    let mut events = http.test.host.events();
    http.deploy_bytes("web", "2.0.0", serves_http(2), ALL).await.unwrap();
    assert!(http.get("/").await.text().starts_with("release-2"));
    let old = |http: &HttpHost| {
        let releases = http.test.status("web").releases;
        releases
            .iter()
            .find(|release| release.version.major == 1)
            .unwrap()
            .in_flight
    };
    for piece in ["a", "b"] {
        client.send(format!("1\r\n{piece}\r\n")).await;
        assert_eq!(client.chunk().await.unwrap(), piece.to_uppercase().as_bytes());
        assert_eq!(old(&http), 1);
    }
    client.send("0\r\n\r\n").await;
    assert_eq!(client.chunk().await.unwrap(), b"");
    // The same connection comes to the new release.
    assert!(client.get("/").await.text().starts_with("release-2"));
    loop {
        if let Event::Drained { cancelled, version, .. } = events.next().await.unwrap() {
            assert_eq!((cancelled, version.major), (0, 1));
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_goes_on_at_the_drain_deadline_is_cut_and_counted() {
    let test = TestHost::with(|builder| builder.drain_deadline(Duration::from_millis(50))).await;
    let http = HttpHost::of(test, |_| ()).await;
    http.deploy("streams-http", ALL).await.unwrap();
    let mut client = begin(&http).await;
    let mut events = http.test.host.events();
    http.deploy_bytes("web", "2.0.0", serves_http(2), ALL).await.unwrap();
    assert_eq!(client.chunk().await, None);
    loop {
        if let Event::Drained { cancelled, .. } = events.next().await.unwrap() {
            assert_eq!(cancelled, 1);
            break;
        }
    }
}

#[tokio::test]
async fn a_release_that_answers_with_failures_is_taken_back() {
    let http = HttpHost::new().await;
    http.deploy_bytes("web", "1.0.0", serves_http(1), ALL).await.unwrap();
    let (address, host) = (http.address(), http.test.host.clone());
    let ended = Arc::<AtomicBool>::default();
    let asking = tokio::spawn({
        let ended = ended.clone();
        async move {
            let mut client = Client::connect(address).await;
            while !ended.load(Ordering::Relaxed) {
                client.get("/?status=500").await;
            }
        }
    });
    let watched = format!("{ALL}[deploy]\nwindow = \"10s\"\nmin-calls = 5\nrollback-if = [\"error-rate > 10%\"]\n");
    let refused = http.deploy_bytes("web", "2.0.0", serves_http(2), &watched).await;
    assert_eq!(airssys_wasm_tests::code(refused), "gate-failed");
    ended.store(true, Ordering::Relaxed);
    asking.await.unwrap();
    assert!(http.get("/").await.text().starts_with("release-1"));
    drop(host);
}
