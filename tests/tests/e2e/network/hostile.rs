//! Servers that never end, and calls that are given up: connections end with their instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::set_up::{Net, Server, wanted};
use airssys_wasm_tests::{code, name, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_read_as_fast_as_the_guest_reads_and_no_faster() {
    let sent = Arc::new(AtomicUsize::new(0));
    let (count, is_over) = (sent.clone(), Arc::new(AtomicBool::new(false)));
    let over = is_over.clone();
    let server = Server::with(move |mut stream| {
        let (count, over) = (count.clone(), over.clone());
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'y'; 4_096]).await.is_ok() {
                count.fetch_add(4_096, Ordering::Relaxed);
            }
            over.store(true, Ordering::Release);
        }
    })
    .await;
    // The guest keeps all that comes, until its memory is full.
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let script = format!("GET http {} /", server.address);
    let ended = net.test.host.call(&name("net"), script.as_str().into()).await;
    assert!(ended.is_err(), "{ended:?}");
    until("the connection ends", || is_over.load(Ordering::Acquire)).await;
    // What the guest holds, and what is under way in sockets.
    assert!(
        sent.load(Ordering::Relaxed) < 256 << 20,
        "{}",
        sent.load(Ordering::Relaxed)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_the_call_that_is_given_up() {
    let (begun, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (beginning, ending) = (begun.clone(), ended.clone());
    let server = Server::with(move |mut stream| {
        let (beginning, ending) = (beginning.clone(), ending.clone());
        async move {
            beginning.store(true, Ordering::Release);
            let _ = stream.read_to_end(&mut Vec::new()).await;
            ending.store(true, Ordering::Release);
        }
    })
    .await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let (host, script) = (net.test.host.clone(), format!("GET http {} /", server.address));
    let calling = tokio::spawn(async move { host.call(&name("net"), script.as_str().into()).await });
    until("the request comes", || begun.load(Ordering::Acquire)).await;
    assert!(!ended.load(Ordering::Acquire));
    calling.abort();
    until("the connection ends", || ended.load(Ordering::Acquire)).await;
    assert!(calling.await.is_err());
}

#[tokio::test]
async fn a_peer_that_resets_is_an_error_and_harms_nobody() {
    let server = Server::with(|stream| async move {
        let stream = stream.into_std().unwrap();
        // Unread data makes the end of the connection a reset.
        drop(stream);
    })
    .await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    for _ in 0..20 {
        let said = net.run(&format!("POST http {} /\nbytes 1000000", server.address)).await;
        assert!(said.starts_with("error ErrorCode::"), "{said}");
    }
    assert_eq!(net.test.status("net").failed, 0);
}

#[tokio::test]
async fn who_asks_for_more_than_is_granted_is_not_deployed() {
    use airssys_wasm::component::Package;
    use airssys_wasm_tests::{TestHost, guest};

    let test = TestHost::new().await;
    let package = Package::new(guest("requests-http"))
        .name(name("net"))
        .manifest(wanted(&["http://a.test:80"]).manifest());
    let refused = test.host.deploy(package.version("1.0.0".parse().unwrap())).await;
    assert_eq!(code(refused), "not-granted");
}

#[tokio::test]
async fn what_requests_hold_is_bounded() {
    let net = Net::new("requests-http", wanted(&[])).await;
    let said = net.run("hold fields 100 30000").await;
    assert_eq!(said, "held 100");
    // 4,000 requests are within the handles that it may have, and 120 MB of them are not.
    let held = net.test.host.call(&name("net"), "hold fields 4000 30000".into()).await;
    assert_eq!(code(held), "limit-exceeded");
    assert_eq!(net.run("hold methods 1000 60").await, "held 1000");
    // Their bodies are finished, and none of it was sent.
    for what in ["bodies", "responses"] {
        assert_eq!(net.run(&format!("hold {what} 50 60000")).await, "held 50");
        let many = format!("hold {what} 500 60000");
        let held = net.test.host.call(&name("net"), many.as_str().into()).await;
        assert_eq!(code(held), "limit-exceeded");
    }
    for (what, bytes) in [("methods", 65), ("authorities", 2_000), ("paths", 17_000)] {
        assert_eq!(
            net.run(&format!("hold {what} 1 {bytes}")).await,
            format!("error {what}")
        );
    }
}
