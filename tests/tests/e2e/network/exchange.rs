//! Requests and responses as they are carried: whole, in pieces, with trailers, in time.

use std::io::Write as _;

use tokio::io::AsyncWriteExt;

use super::set_up::{Net, Server, ok, wanted};

async fn said(server: &Server, script: &str) -> String {
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let (first, rest) = script.split_once('\n').unwrap_or((script, ""));
    net.run(&format!("{first} http {} /\n{rest}", server.address)).await
}

#[tokio::test]
async fn bodies_and_trailers_go_both_ways() {
    let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nx-sum: 7\r\n\r\n";
    let server = Server::new(answer).await;
    let script = "POST\nheader trailer x-in\nheader te trailers\nbody hello\ntrailer x-in yes";
    assert!(said(&server, script).await.ends_with("\n\nabcde\nx-sum: 7"));
    let request = &server.seen()[0];
    assert!(request.contains("\r\n5\r\nhello\r\n0\r\n"), "{request}");
    assert!(request.contains("\r\nx-in: yes\r\n"), "{request}");
}

#[tokio::test]
async fn a_large_body_goes_up_and_comes_down() {
    let answer = |mut stream: tokio::net::TcpStream| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n")
            .await;
        let _ = stream.write_all(&vec![b'y'; 3_000_000]).await;
    };
    let server = Server::with(answer).await;
    let script = "POST\nheader content-length 2000000\nbytes 2000000";
    assert!(said(&server, script).await.ends_with("\n\n3000000 bytes"));
    assert!(server.seen()[0].ends_with("(whole)"));
}

#[tokio::test]
async fn what_is_not_all_does_not_look_as_if_it_were() {
    let short = Server::new("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    assert_eq!(
        said(&short, "GET").await,
        "error after 3 bytes: Some(ErrorCode::HttpResponseIncomplete)"
    );
    let chunks = Server::new("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    assert_eq!(
        said(&chunks, "GET").await,
        "error after 3 bytes: Some(ErrorCode::HttpResponseIncomplete)"
    );
    let head = Server::new("HTTP/1.1 200 OK\r\ncontent-").await;
    assert_eq!(said(&head, "GET").await, "error ErrorCode::HttpResponseIncomplete");
    let nothing = Server::new("").await;
    assert_eq!(said(&nothing, "GET").await, "error ErrorCode::HttpResponseIncomplete");
    // A request that is shorter than it says.
    let server = Server::new(ok("")).await;
    let shorter = said(&server, "POST\nheader content-length 10\nbody abc").await;
    assert!(shorter.starts_with("error ErrorCode::HttpRequestBodySize"), "{shorter}");
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ] {
        let server = Server::new(answer).await;
        assert_eq!(
            said(&server, "GET").await,
            "error ErrorCode::HttpProtocolError",
            "{answer}"
        );
    }
    let upgraded = Server::new("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n").await;
    assert_eq!(said(&upgraded, "GET").await, "error ErrorCode::HttpUpgradeFailed");
    let smuggled = Server::new("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab").await;
    assert_eq!(said(&smuggled, "GET").await, "error ErrorCode::HttpProtocolError");
}

#[tokio::test]
async fn headers_have_a_bound() {
    let mut many = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..100_000 {
        write!(many, "x-{number}: y\r\n").unwrap();
    }
    many.extend(b"content-length: 0\r\n\r\n");
    let large = format!(
        "HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n",
        "y".repeat(1 << 20)
    );
    let endless = |mut stream: tokio::net::TcpStream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(&[b'y'; 4_096]).await.is_ok() {}
    };
    let too_much = [
        Server::new(many).await,
        Server::new(large).await,
        Server::with(endless).await,
    ];
    for server in &too_much {
        let said = said(server, "GET").await;
        assert!(
            said.starts_with("error ErrorCode::HttpResponseHeaderSectionSize"),
            "{said}"
        );
    }
    let mut most = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..99 {
        write!(most, "x-{number}: y\r\n").unwrap();
    }
    most.extend(b"content-length: 0\r\n\r\n");
    assert!(said(&Server::new(most).await, "GET").await.starts_with("200"));
}

#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let silent = Server::with(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    assert_eq!(
        said(&silent, "GET\nfirst-byte 50").await,
        "error ErrorCode::ConnectionReadTimeout"
    );
    let stops = Server::with(|mut stream: tokio::net::TcpStream| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
            .await;
        std::future::pending::<()>().await;
    })
    .await;
    let expected = "error after 3 bytes: Some(ErrorCode::ConnectionReadTimeout)";
    assert_eq!(said(&stops, "GET\nbetween-bytes 50").await, expected);
    // No time at all is no time that can be meant.
    let server = Server::new(ok("")).await;
    for time in ["connect", "first-byte", "between-bytes"] {
        assert_eq!(
            said(&server, &format!("GET\n{time} 0")).await,
            "error ErrorCode::ConfigurationError"
        );
    }
    assert_eq!(server.seen(), [""; 0]);
}

#[tokio::test]
async fn whoever_takes_no_connection_is_unreachable() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let net = Net::new("requests-http", wanted(&[&format!("http://{closed}")])).await;
    assert_eq!(
        net.run(&format!("GET http {closed} /")).await,
        "error ErrorCode::ConnectionRefused"
    );
}
