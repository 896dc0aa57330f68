//! Requests over HTTP: to whom they may go.

use airssys_wasm::capability::Refusal;

use super::set_up::{Canary, Net, Server, ok, wanted};

const OUTBOUND: &str = "network-outbound";

#[tokio::test]
async fn a_granted_request_is_answered() {
    let server = Server::new(ok("hello")).await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let said = net.run(&format!("GET http {} /a?b=c", server.address)).await;
    assert_eq!(said, "200\ncontent-length: 5\n\nhello");
    let request = &server.seen()[0];
    assert!(request.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", server.address)), "{request}");
    assert_eq!(net.denied(), []);
}

#[tokio::test]
async fn what_is_not_asked_for_is_denied_whoever_else_is_granted() {
    let canary = Canary::new();
    let port = canary.port();
    let net = Net::new(
        "requests-http",
        wanted(&["http://127.0.0.2:*", "https://127.0.0.1:*", "tcp://127.0.0.1:*"]),
    )
    .await;
    let said = net.run(&format!("GET http 127.0.0.1:{port} /")).await;
    assert_eq!(said, "error ErrorCode::HttpRequestDenied");
    net.assert_denied(OUTBOUND, &format!("http://127.0.0.1:{port}"), Refusal::NotAsked);
    canary.assert_untouched();
}

#[tokio::test]
async fn what_is_asked_for_and_not_granted_any_more_is_denied() {
    let canary = Canary::new();
    let pattern = format!("http://127.0.0.1:{}", canary.port());
    let asked = wanted(&[&pattern]);
    let net = Net::granting("requests-http", &asked, &wanted(&["http://127.0.0.1:1"])).await;
    let said = net.run(&format!("GET http 127.0.0.1:{} /", canary.port())).await;
    assert_eq!(said, "error ErrorCode::HttpRequestDenied");
    net.assert_denied(OUTBOUND, &pattern, Refusal::NotGranted);
    canary.assert_untouched();
}

#[tokio::test]
async fn scheme_host_and_port_have_to_fit() {
    let (canary, server) = (Canary::new(), Server::new(ok("")).await);
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let (open, closed) = (server.port(), canary.port());
    for (scheme, authority) in [
        ("http", format!("127.0.0.1:{closed}")),
        ("https", format!("127.0.0.1:{open}")),
        ("http", "127.0.0.1".into()),
        ("http", format!("127.0.0.2:{open}")),
        ("http", format!("[::1]:{open}")),
        ("http", format!("localhost:{open}")),
    ] {
        let said = net.run(&format!("GET {scheme} {authority} /")).await;
        assert_eq!(said, "error ErrorCode::HttpRequestDenied", "{scheme} {authority}");
    }
    assert_eq!(net.denied().len(), 6);
    canary.assert_untouched();
    assert_eq!(server.seen(), [""; 0]);
    // The same address in another form is the same address.
    let said = net.run(&format!("GET http [::ffff:127.0.0.1]:{open} /")).await;
    assert!(said.starts_with("200"), "{said}");
}

#[tokio::test]
async fn a_host_that_could_be_read_in_two_ways_is_no_host() {
    let canary = Canary::new();
    let port = canary.port();
    let net = Net::new("requests-http", wanted(&["*:*", "http://*:*"])).await;
    for authority in [
        format!("user@127.0.0.1:{port}"),
        format!("granted.test:80@127.0.0.1:{port}"),
        format!("127.1:{port}"),
        format!("0x7f000001:{port}"),
        format!("2130706433:{port}"),
        format!("0177.0.0.1:{port}"),
        "127.0.0.1:0".into(),
        "127.0.0.1:65536".into(),
        "127.0.0.1:".into(),
        format!("a..b:{port}"),
    ] {
        let said = net.run(&format!("GET http {authority} /")).await;
        let is_refused = said == "error ErrorCode::HttpRequestUriInvalid" || said == "error authority";
        assert!(is_refused, "{authority}: {said}");
    }
    // Names that are not ASCII are none for the library.
    assert_eq!(
        net.run(&format!("GET http lоcalhost:{port} /")).await,
        "error authority"
    );
    canary.assert_untouched();
    assert_eq!(net.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn names_have_one_form() {
    let server = Server::new(ok("")).await;
    let (port, address) = (server.port(), server.pattern());
    let granted = wanted(&[
        &format!("http://api.test:{port}"),
        &format!("http://*.wild.test:{port}"),
        &address,
    ]);
    let names = ["api.test", "a.wild.test", "a.b.wild.test"];
    let granted = names
        .into_iter()
        .fold(granted, |granted, name| granted.name(name, &[&["127.0.0.1"]]));
    let net = Net::new("requests-http", granted).await;
    for (authority, host) in [
        ("api.test", "api.test"),
        ("API.Test", "api.test"),
        ("api.test.", "api.test"),
        ("a.wild.test", "a.wild.test"),
        ("a.b.WILD.test.", "a.b.wild.test"),
    ] {
        let said = net.run(&format!("GET http {authority}:{port} /")).await;
        assert!(said.starts_with("200"), "{authority}: {said}");
        let seen = server.seen();
        assert!(
            seen.last().unwrap().contains(&format!("host: {host}:{port}\r\n")),
            "{seen:?}"
        );
        assert_eq!(net.asked.lock().unwrap().last().unwrap(), host);
    }
    for authority in [
        "wild.test",
        "evilwild.test",
        "api.test.evil.test",
        "xapi.test",
        "a.wild.test.evil.test",
        "xn--pi-7la.test",
    ] {
        let said = net.run(&format!("GET http {authority}:{port} /")).await;
        assert_eq!(said, "error ErrorCode::HttpRequestDenied", "{authority}");
    }
    assert_eq!(server.seen().len(), 5);
    assert_eq!(net.asked.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_more() {
    let canary = Canary::new();
    let location = format!("http://127.0.0.1:{}/", canary.port());
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::new(answer).await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let said = net.run(&format!("GET http {} /", server.address)).await;
    assert!(said.starts_with("302\n") && said.contains(&location), "{said}");
    canary.assert_untouched();
}

#[tokio::test]
async fn the_guest_says_neither_its_host_nor_another_protocol() {
    let server = Server::new(ok("")).await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    let address = server.address;
    for header in [
        "Host evil.test",
        "upgrade websocket",
        "connection upgrade",
        "transfer-encoding chunked",
        "http2-settings x",
    ] {
        let said = net.run(&format!("GET http {address} /\nheader {header}")).await;
        assert_eq!(said, "error HeaderError::Forbidden", "{header}");
    }
    for method in ["CONNECT", "Connect"] {
        let said = net.run(&format!("{method} http {address} /")).await;
        let expected = "error ErrorCode::HttpRequestMethodInvalid";
        assert!(method != "CONNECT" || said == expected, "{said}");
    }
    for path in ["http://evil.test/", "*", "//evil.test/\u{7f}"] {
        assert_eq!(
            net.run(&format!("GET http {address} {path}")).await,
            "error path",
            "{path}"
        );
    }
    assert!(
        server
            .seen()
            .iter()
            .all(|request| request.starts_with("Connect / HTTP/1.1\r\n")),
        "{:?}",
        server.seen()
    );
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    // They are not read at all; a server that is reached directly sees a path and no more.
    let server = Server::new(ok("")).await;
    let net = Net::new("requests-http", wanted(&[&server.pattern()])).await;
    net.run(&format!("GET http {} /x", server.address)).await;
    assert!(server.seen()[0].starts_with("GET /x HTTP/1.1\r\n"));
}
