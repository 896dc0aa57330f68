//! `POST /call/NAME`: messages and typed calls over HTTP.

use serde_json::{Value as Json, json};

use airssys_wasm_tests::HttpHost;

const JSON: &str = "content-type: application/json\r\n";

#[tokio::test]
async fn a_body_is_the_message_and_headers_are_its_metadata() {
    let http = HttpHost::new().await;
    http.test.deploy("echo").await.unwrap();
    let body: Vec<u8> = (0..=255).collect();
    let headers = "content-type: image/x-odd\r\ntrace: abc\r\n";
    let answer = http.post("/call/echo", headers, &body).await;
    assert_eq!((answer.status, &answer.body), (200, &body));
    assert_eq!(answer.header("content-type"), Some("image/x-odd"));
    assert_eq!(answer.header("trace"), Some("abc"));
    let empty = http.post("/call/echo", "", "").await;
    assert_eq!((empty.status, empty.body.len()), (200, 0));
}

#[tokio::test]
async fn a_command_reads_the_body_and_its_output_is_the_answer() {
    let http = HttpHost::new().await;
    http.test.deploy("command").await.unwrap();
    let answer = http.post("/call/command", "", "hello").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn errors_have_their_statuses() {
    let http = HttpHost::new().await;
    http.test.deploy("fails").await.unwrap();
    for (input, status) in [("", 400), ("denied", 403), ("unavailable", 503), ("failed", 500)] {
        let answer = http.post("/call/fails", "", input).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, "guest-error"),
            "{input}"
        );
    }
    let unknown = http.post("/call/fials", "", "").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "unknown-component"));
    assert_eq!(http.post("/call/Fails", "", "").await.code(), "invalid-name");
    let large = http.post("/call/fails", "", vec![b'x'; (4 << 20) + 1]).await;
    assert_eq!((large.status, large.code().as_str()), (413, "too-large"));
    http.test.deploy("own-exports").await.unwrap();
    let library = http.post("/call/own-exports", "", "").await;
    assert_eq!((library.status, library.code().as_str()), (400, "not-callable"));
    for method in ["GET", "PUT", "OPTIONS", "HEAD"] {
        let request = format!("{method} /call/fails HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let mut client = http.connect().await;
        client.send(request).await;
        let head = client.head().await.unwrap();
        assert_eq!((head.status, head.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[tokio::test]
async fn exports_are_called_by_their_types() {
    let http = HttpHost::new().await;
    http.test.deploy("own-exports").await.unwrap();
    let called = async |path: &str, arguments: &str| {
        let answer = http.post(path, JSON, arguments).await;
        let said: Json = serde_json::from_slice(&answer.body).unwrap();
        (answer.status, said)
    };
    assert_eq!(called("/call/own-exports/add", "[1, 2]").await, (200, json!(3)));
    assert_eq!(
        called("/call/own-exports?invoke=add", "{\"a\": 1, \"b\": 2}").await,
        (200, json!(3))
    );
    let many = format!("[{}[0]]", "[[0],[0]],".repeat(50_000));
    for (path, arguments, status, code) in [
        ("/call/own-exports/ad", "[]", 404, "unknown-export"),
        ("/call/own-exports/add", "[1]", 400, "invalid-arguments"),
        ("/call/own-exports/add", "[1, \"x\"]", 400, "invalid-arguments"),
        ("/call/own-exports/add", "[1, 2", 400, "bad-request"),
        ("/call/own-exports/add", "7", 400, "bad-request"),
        (
            "/call/own-exports/add",
            "{\"a\": 1, \"b\": 2, \"a\": 3}",
            400,
            "bad-request",
        ),
        ("/call/own-exports/add", &many, 400, "bad-request"),
        ("/call/own-exports/add?invoke=add", "[1, 2]", 400, "bad-request"),
    ] {
        let (found, said) = called(path, arguments).await;
        assert_eq!(
            (found, said["error"]["code"].as_str()),
            (status, Some(code)),
            "{path} {arguments}"
        );
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let posted = http.post("/call/own-exports/add", form, "[1, 2]").await;
    assert_eq!((posted.status, posted.code().as_str()), (415, "unsupported-media-type"));
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    assert_eq!(called("/call/own-exports/add", &deep).await.0, 400);
}

#[tokio::test]
async fn pages_and_hosts_of_others_are_refused() {
    let http = HttpHost::new().await;
    http.test.deploy("echo").await.unwrap();
    let port = http.address().port();
    let ask = async |host: &str, headers: &str| {
        let request = format!("POST /call/echo HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: 0\r\n\r\n");
        http.connect().await.ask(&request).await
    };
    let own = format!("localhost:{port}");
    for origin in ["null", "http://evil.example", "http://localhost:1", "https://127.0.0.1"] {
        let refused = ask(&own, &format!("origin: {origin}\r\n")).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "forbidden-origin"),
            "{origin}"
        );
    }
    for host in ["evil.example", "evil.example:80", "127.0.0.1.nip.io", "0.0.0.0"] {
        let refused = ask(host, "").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "forbidden-host"),
            "{host}"
        );
    }
    // Nor may a page of this host, which a component serves.
    for page in [
        format!("origin: http://localhost:{port}\r\n"),
        "sec-fetch-site: same-origin\r\n".into(),
    ] {
        assert_eq!(ask(&own, &page).await.code(), "forbidden-origin", "{page}");
    }
    assert_eq!(ask(&own, "sec-fetch-site: none\r\n").await.status, 200);
    assert_eq!(ask(&format!("[::1]:{port}"), "").await.status, 200);
    let preflight = "OPTIONS /call/echo HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\n\
                     access-control-request-method: POST\r\n\r\n";
    let preflight = http.connect().await.ask(preflight).await;
    assert_eq!(preflight.status, 405);
    assert!(
        preflight
            .headers
            .iter()
            .all(|(name, _)| !name.starts_with("access-control-"))
    );
}
