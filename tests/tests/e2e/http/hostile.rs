//! Clients that send what they should not, too much of it, or too slowly.

use std::time::Duration;

use airssys_wasm::ingress::{HttpOptions, listen};
use airssys_wasm_tests::{Client, HttpHost, TestHost, code};

const ALL: &str = "[http]\nroute = \"/*\"\n";
const SHORT: Duration = Duration::from_millis(100);

/// A host with a component that answers well, and patience for so long.
async fn served() -> HttpHost {
    let http = HttpHost::with(|options| {
        options.header_timeout = SHORT;
        options.body_timeout = SHORT;
    })
    .await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    http
}

/// Sends this and nothing more, and returns the statuses of all answers until the connection ends.
async fn statuses(http: &HttpHost, request: impl AsRef<[u8]>) -> Vec<u16> {
    let mut client = http.connect().await;
    client.send(request).await;
    all(&mut client).await
}

async fn all(client: &mut Client) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(answer) = client.answer().await {
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_slow_is_told_so() {
    let http = served().await;
    // Half a header; nothing at all; half a body; a body to a call.
    assert_eq!(statuses(&http, "GET / HTTP/1.1\r\nhost: loc").await, [408]);
    assert_eq!(statuses(&http, "").await.len(), 0);
    let half = "POST /reads-well HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc";
    assert_eq!(statuses(&http, half).await, [408]);
    http.test.deploy("echo").await.unwrap();
    let half = "POST /call/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc";
    assert_eq!(statuses(&http, half).await, [408]);
    // It does not speak against the component.
    assert_eq!(http.test.status("web").failed, 0);
    assert_eq!(http.get("/").await.text(), "well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_does_not_keep_an_instance() {
    let http = HttpHost::with(|options| options.body_timeout = SHORT).await;
    http.deploy("streams-http", ALL).await.unwrap();
    let mut client = http.connect().await;
    client.send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(client.head().await.unwrap().status, 200);
    http.until_in_flight(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_no_client_takes_are_bounded() {
    let http = HttpHost::new().await;
    http.deploy("answers-too-much", "").await.unwrap();
    let ask = "POST /call/web HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n";
    let mut clients = Vec::new();
    let refused = loop {
        let mut client = Client::connect_with_little_room(http.address()).await;
        client.send(format!("{ask}4")).await;
        let head = client.head().await.unwrap();
        if head.status != 200 {
            break head;
        }
        clients.push(client);
        // 256 MiB are for 64 of them.
        assert!(clients.len() < 70);
    };
    // The call was made, so that nobody is told to make it again.
    assert_eq!((refused.status, refused.header("retry-after")), (503, None));
    // What is small is answered all the same, and the rest when somebody has given up.
    assert_eq!(http.post("/call/web", "", "0").await.status, 200);
    clients.clear();
    until_ok(&http).await;
}

/// Asks until there is room: a connection ends a little after its client is gone.
async fn until_ok(http: &HttpHost) {
    while http.post("/call/web", "", "4").await.status != 200 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_typed_answer_is_bounded() {
    let http = HttpHost::new().await;
    http.deploy("misbehaves", "").await.unwrap();
    let json = "content-type: application/json\r\n";
    let path = "/call/web/escape";
    let fits = http.post(path, json, "[2000000]").await;
    assert_eq!((fits.status, fits.body.len()), (200, 12_000_003));
    let large = http.post(path, json, "[3000000]").await;
    assert_eq!((large.status, large.code().as_str()), (500, "too-large"));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_bounded() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let many = "a: b\r\n".repeat(100_000);
    let request = |headers: &str| format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    assert_eq!(statuses(&http, request(&many)).await, [431]);
    assert_eq!(statuses(&http, request(&"a: b\r\n".repeat(101))).await, [431]);
    assert_eq!(
        statuses(&http, request(&format!("a: {}\r\n", "b".repeat(1 << 20)))).await,
        [431]
    );
    assert_eq!(
        statuses(&http, request(&format!("a: {}\r\n", "b".repeat(33 << 10)))).await,
        [431]
    );
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(1 << 20));
    let refused = statuses(&http, long).await;
    assert!(refused == [414] || refused == [431], "{refused:?}");
    let large = request(&format!("connection: close\r\na: {}\r\n", "b".repeat(20 << 10)));
    assert_eq!(statuses(&http, large).await, [200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_can_be_read_in_two_ways_is_not_followed_by_another() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let head = "POST /reads HTTP/1.1\r\nhost: localhost\r\n";
    let hidden = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let both = format!("{head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}");
    assert_eq!(statuses(&http, both).await, [200]);
    let turned = format!("{head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{hidden}");
    assert_eq!(statuses(&http, turned).await, [200]);
    for headers in [
        "content-length: 4\r\ncontent-length: 5\r\n",
        "content-length: +4\r\n",
        "content-length: 4, 5\r\n",
        "content-length: -1\r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: xchunked\r\n",
        "content-length: 4\r\n x: folded\r\n",
        "a\0b: c\r\n",
        ": empty\r\n",
    ] {
        assert_eq!(
            statuses(&http, format!("{head}{headers}\r\n{hidden}")).await,
            [400],
            "{headers}"
        );
    }
    for line in [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.9",
        "GET /\u{1} HTTP/1.1",
        "G@T / HTTP/1.1",
        "\u{16}\u{3}\u{1}",
        "GET /",
    ] {
        let refused = statuses(&http, format!("{line}\r\nhost: localhost\r\n\r\n")).await;
        assert_eq!(refused, [400], "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_named_once_and_are_this_machine() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let close = "connection: close\r\n\r\n";
    for (request, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.0\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: a b\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: user@localhost\r\n", 400),
        ("GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n", 400),
        ("GET http://localhost/ HTTP/1.1\r\nhost: localhost\r\n", 200),
        ("GET / HTTP/1.1\r\nhost: rebound.example\r\n", 403),
        ("GET / HTTP/1.0\r\nhost: localhost\r\n", 200),
    ] {
        assert_eq!(
            statuses(&http, format!("{request}{close}")).await,
            [status],
            "{request}"
        );
    }
    let http = HttpHost::with(|options| options.allowed_hosts = vec!["Shop.example".into()]).await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let allowed = format!("GET / HTTP/1.1\r\nhost: shop.example:443\r\n{close}");
    assert_eq!(statuses(&http, allowed).await, [200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_becomes_a_tunnel_or_another_protocol() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    // What comes after it is not for this host.
    let inner = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let tunnel = format!("CONNECT localhost:22 HTTP/1.1\r\nhost: localhost:22\r\n\r\n{inner}");
    assert_eq!(statuses(&http, tunnel).await, [405]);
    for path in ["/", "/writes-much"] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n");
        let mut client = http.connect().await;
        client.send(format!("{head}\r\n{inner}")).await;
        let answer = client.answer().await.unwrap();
        assert_eq!((answer.status, answer.is_whole), (200, true), "{path}");
        assert!(client.is_closed().await, "{path}");
    }
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let refused = statuses(&http, preface).await;
    assert!(refused.is_empty() || refused == [400], "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_lies_about_them_hurt_nobody() {
    let http = HttpHost::with(|options| options.max_body_bytes = 1_000).await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let fits = http.post("/reads", "", [b'a'; 1_000]).await;
    assert_eq!((fits.status, fits.text().as_str()), (200, "1000"));
    let large = http.post("/reads-well", "", [b'a'; 1_001]).await;
    assert_eq!((large.status, large.code().as_str()), (413, "too-large"));
    let chunked = format!(
        "POST /reads-well HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
        "a".repeat(1_001)
    );
    assert_eq!(statuses(&http, chunked).await[..1], [413]);
    // It is said to be longer than what comes.
    let mut client = http.connect().await;
    client
        .send("POST /reads-well HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc")
        .await;
    client.end();
    let answers = all(&mut client).await;
    assert!(answers.is_empty() || answers == [400], "{answers:?}");
    let broken = "POST /reads-well HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n";
    let answers = statuses(&http, broken).await;
    assert!(answers.is_empty() || answers == [400], "{answers:?}");
    http.until_in_flight(0).await;
    assert_eq!(http.test.status("web").failed, 0);
    assert_eq!(http.get("/").await.text(), "well");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded() {
    let http = HttpHost::with(|options| options.max_connections = 8).await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut client = http.connect().await;
        assert_eq!(client.get("/").await.status, 200);
        held.push(client);
    }
    let mut more = Vec::new();
    for _ in 0..300 {
        more.push(http.connect().await);
    }
    let mut refused = 0;
    for client in &mut more {
        if let Some(answer) = client.answer().await {
            assert_eq!((answer.status, answer.code().as_str()), (503, "busy"));
            refused += 1;
        }
    }
    assert!(refused > 0);
    for client in &mut held {
        assert_eq!(client.get("/").await.text(), "well");
    }
    drop((held, more));
    loop {
        let mut client = http.connect().await;
        client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        if client.answer().await.is_some_and(|answer| answer.status == 200) {
            break;
        }
    }
}

#[tokio::test]
async fn an_address_is_of_this_machine_and_free() {
    let test = TestHost::new().await;
    let everywhere = HttpOptions::new(([0, 0, 0, 0], 0).into());
    assert_eq!(code(listen(&test.host, everywhere.clone()).await), "remote-address");
    let mut endless = everywhere.clone();
    endless.max_connections = usize::MAX;
    assert_eq!(code(listen(&test.host, endless).await), "invalid-options");
    let mut allowed = everywhere;
    allowed.allow_remote = true;
    let server = listen(&test.host, allowed).await.unwrap();
    let taken = HttpOptions::new(([127, 0, 0, 1], server.address().port()).into());
    let error = listen(&test.host, taken).await.unwrap_err();
    assert_eq!(error.code().as_str(), "listen-failed");
    assert!(
        error.to_string().contains(&server.address().port().to_string()),
        "{error}"
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_response_of_a_connection_comes_whole() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    // A body that is promised and does not come, and one that is not read.
    for body in [0, 300 << 10] {
        let mut client = Client::connect_with_little_room(http.address()).await;
        let head = "POST /writes-much HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1048576\r\n\r\n";
        client.send(head).await;
        client.send(vec![b'a'; body]).await;
        assert_eq!(client.head().await.unwrap().status, 200);
        // The client reads more slowly than all else goes on, so that the end waits to be sent.
        let mut other = http.connect().await;
        let mut left = 8 << 20;
        while left > 0 {
            for _ in 0..20 {
                assert_eq!(other.get("/").await.status, 200);
            }
            let chunk = client.chunk().await;
            left -= chunk.unwrap_or_else(|| panic!("{left} bytes are lost")).len();
        }
        assert_eq!(client.chunk().await, Some(Vec::new()), "{body}");
    }
    let mut client = http.connect().await;
    client
        .send("GET /writes-much HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await;
    let answer = client.head().await.unwrap();
    assert_eq!(answer.status, 200);
    let finishing = tokio::spawn(http.server.finish());
    let mut size = 0;
    while let Some(chunk) = client.chunk().await.filter(|chunk| !chunk.is_empty()) {
        size += chunk.len();
    }
    assert_eq!(size, 8 << 20);
    finishing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_much_that_is_not_wanted_is_told_so() {
    let http = HttpHost::with(|options| options.max_body_bytes = 1_000).await;
    http.deploy("http-goes-wrong", "[http]\nroute = \"/web\"\n")
        .await
        .unwrap();
    for (path, headers, status) in [
        ("/web", "", 413),
        ("/nowhere", "", 404),
        ("/call/web", "origin: http://evil.example\r\n", 403),
    ] {
        let answer = http.post(path, headers, vec![b'a'; 6 << 20]).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_asked_for_when_it_is_wanted() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    let head = |path: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n")
    };
    let mut client = http.connect().await;
    client.send(head("/reads", 3)).await;
    assert_eq!(client.head().await.unwrap().status, 100);
    client.send("abc").await;
    assert_eq!(client.answer().await.unwrap().text(), "3");
    for (path, length, status) in [("/call/nobody", 3, 404), ("/reads", 2 << 30, 413)] {
        assert_eq!(statuses(&http, head(path, length)).await, [status], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_mean_what_they_say() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", ALL).await.unwrap();
    http.test.deploy("echo").await.unwrap();
    // Only `/call` itself is the host's; all else is the component's, however somebody else may read it.
    for (target, status) in [
        ("POST /call/../x", 400),
        ("POST //call/echo", 200),
        ("POST /%63all/echo", 200),
        ("POST /CALL/echo", 200),
        ("POST /calls", 200),
        ("GET /call", 405),
        ("GET /call/echo", 405),
        ("OPTIONS *", 404),
    ] {
        let calls = http.test.status("echo").calls;
        let request = format!("{target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        assert_eq!(statuses(&http, request).await, [status], "{target}");
        assert_eq!(http.test.status("echo").calls, calls, "{target}");
    }
    let mut client = http.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    http.test.host.remove(&airssys_wasm_tests::name("web")).await.unwrap();
    assert_eq!(client.get("/x").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_learn_no_names() {
    let http = HttpHost::with(|options| options.allow_remote = true).await;
    http.deploy("http-goes-wrong", "[http]\nroute = \"/secret/*\"\n")
        .await
        .unwrap();
    http.test.deploy("traps").await.unwrap();
    for (answer, code) in [
        (http.get("/secre").await, "no-route"),
        (http.get("/secret/traps").await, "trap"),
        (http.post("/call/trapz", "", "").await, "unknown-component"),
        (http.post("/call/traps", "", "").await, "trap"),
    ] {
        assert_eq!(answer.code(), code);
        for named in ["secret", "`traps`", ".rs", "web@"] {
            assert!(!answer.text().contains(named), "{}", answer.text());
        }
    }
    let named = "GET /secret/ HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n";
    assert_eq!(statuses(&http, named).await, [403]);
    let by_address = "GET /secret/ HTTP/1.1\r\nhost: 192.0.2.1:80\r\nconnection: close\r\n\r\n";
    assert_eq!(statuses(&http, by_address).await, [200]);
}
