//! Bodies go through while they come, in both directions.

use std::time::SystemTime;

use tokio::io::AsyncWriteExt;

use airssys_wasm_tests::HttpHost;

const ALL: &str = "[http]\nroute = \"/*\"\n";

#[tokio::test]
async fn a_response_begins_before_the_request_has_ended() {
    let http = HttpHost::new().await;
    http.deploy("streams-http", ALL).await.unwrap();
    let mut client = http.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    assert_eq!(client.head().await.unwrap().status, 200);
    for piece in ["one", "two", "three"] {
        client.send(format!("{:x}\r\n{piece}\r\n", piece.len())).await;
        assert_eq!(client.chunk().await.unwrap(), piece.to_uppercase().as_bytes());
        assert_eq!(http.test.status("web").in_flight, 1);
    }
    client.send("0\r\n\r\n").await;
    assert_eq!(client.chunk().await.unwrap(), b"");
    assert_eq!(client.get("/next").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_larger_than_a_guest_may_have_memory_goes_through() {
    let http = HttpHost::new().await;
    let small = "[http]\nroute = \"/*\"\n[limits]\nmemory = \"4MiB\"\n";
    http.deploy("streams-http", small).await.unwrap();
    const SIZE: usize = 32 << 20;
    let mut client = http.connect().await;
    let mut writing = client.take_writing();
    let sending = tokio::spawn(async move {
        let head = format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {SIZE}\r\n\r\n");
        writing.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b'a'; 1 << 16];
        for _ in 0..SIZE / piece.len() {
            writing.write_all(&piece).await.unwrap();
        }
        writing
    });
    assert_eq!(client.head().await.unwrap().status, 200);
    let mut size = 0;
    loop {
        let chunk = client.chunk().await.unwrap();
        if chunk.is_empty() {
            break;
        }
        assert!(chunk.iter().all(|byte| *byte == b'A'));
        size += chunk.len();
    }
    assert_eq!(size, SIZE);
    drop(sending.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_writes_no_faster_than_its_client_reads() {
    let http = HttpHost::new().await;
    http.deploy("streams-http", ALL).await.unwrap();
    let mut client = http.connect().await;
    client.send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(client.head().await.unwrap().status, 200);
    // Meanwhile a guest that does not wait for its client would go on.
    let mut other = http.connect().await;
    for _ in 0..200 {
        assert_eq!(other.get("/").await.status, 200);
    }
    let begin = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // More than systems keep on the way.
    let mut written = 0;
    for _ in 0..(24 << 20) / 4_096 {
        let line = String::from_utf8(client.chunk().await.unwrap()).unwrap();
        written = line.trim().parse().unwrap();
    }
    assert!(written >= begin.as_millis(), "{written}");
    drop(client);
    http.until_in_flight(0).await;
}
