//! Requests whose grant is taken back while they are under way.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::{Error, WasiBody};

use super::send::Requests;
use crate::capability::{Capability, Grant, GrantSet, Grants};
use crate::interface::network::fixture;

/// A body that its guest never writes.
struct Unwritten;

impl Body for Unwritten {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Error>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

struct Exchange {
    requests: Requests,
    grants: Arc<Grants>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Exchange {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (network, grants) = fixture::network(&[&format!("http://{address}")]);
        Self {
            requests: Requests::new(network),
            grants,
            listener,
            address,
        }
    }

    fn request(&self, body: WasiBody) -> Request<WasiBody> {
        Request::post(format!("http://{}/", self.address)).body(body).unwrap()
    }

    fn revoke(&self) {
        self.grants.replace(GrantSet::default());
    }

    /// The next connection.
    async fn accept(&self) -> TcpStream {
        self.accept_with_head().await.0
    }

    /// The next connection, with the head of its request.
    async fn accept_with_head(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (stream, String::from_utf8(head).unwrap())
    }

    /// Answers with an empty body.
    async fn answer(&self, mut stream: TcpStream) -> TcpStream {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream
    }
}

fn empty() -> WasiBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

async fn is_closed(mut stream: TcpStream) -> bool {
    // A connection that is given up may be reset.
    matches!(stream.read_to_end(&mut Vec::new()).await, Ok(_) | Err(_))
}

#[tokio::test]
async fn whoever_waits_for_a_response_is_told() {
    for body in [empty(), Unwritten.boxed_unsync()] {
        let exchange = Exchange::new().await;
        let sending = Pin::from(exchange.requests.send(exchange.request(body), None));
        let (sent, stream) = tokio::join!(sending, async {
            let stream = exchange.accept().await;
            exchange.revoke();
            stream
        });
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{:?}", sent.err());
        assert!(is_closed(stream).await);
        let again = Pin::from(exchange.requests.send(exchange.request(empty()), None)).await;
        assert!(matches!(again, Err(Error::HttpRequestDenied)));
    }
}

#[tokio::test]
async fn whoever_reads_a_body_is_told() {
    let exchange = Exchange::new().await;
    let sending = Pin::from(exchange.requests.send(exchange.request(empty()), None));
    let (sent, stream) = tokio::join!(sending, async {
        let mut stream = exchange.accept().await;
        let begun = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
        stream.write_all(begun.as_bytes()).await.unwrap();
        stream
    });
    let (response, link) = sent.unwrap();
    let linked = tokio::spawn(Pin::from(link));
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "abc");
    let (next, ()) = tokio::join!(body.frame(), async { exchange.revoke() });
    assert!(matches!(next, Some(Err(Error::HttpRequestDenied))));
    assert!(body.frame().await.is_none());
    linked.abort();
    assert!(is_closed(stream).await);
}

#[tokio::test]
async fn an_address_that_is_revoked_ends_what_goes_to_it_by_a_name() {
    let exchange = Exchange::new().await;
    let port = exchange.address.port();
    let by_name = format!("http://localhost:{port}");
    let (network, grants) = fixture::network(&[&by_name]);
    let requests = Requests::new(network);
    let request = || Request::get(&by_name).body(empty()).unwrap();
    let sending = Pin::from(requests.send(request(), None));
    let revoke = || {
        let mut set = GrantSet::clone(&grants.now());
        set.revoke(Grant::parse(Capability::NetworkOutbound, "http://127.0.0.0/8:*").unwrap());
        grants.replace(set);
    };
    let (sent, stream) = tokio::join!(sending, async {
        let stream = exchange.accept().await;
        revoke();
        stream
    });
    assert!(matches!(sent, Err(Error::DestinationIpProhibited)), "{:?}", sent.err());
    assert!(is_closed(stream).await);
    let again = Pin::from(requests.send(request(), None)).await;
    assert!(
        matches!(again, Err(Error::DestinationIpProhibited)),
        "{:?}",
        again.err()
    );
}

#[tokio::test]
async fn no_address_in_particular_is_this_machine_when_that_is_revoked() {
    let exchange = Exchange::new().await;
    let port = exchange.address.port();
    for (revoked, host) in [
        ("http://127.0.0.0/8:*", "0.0.0.0"),
        ("http://127.0.0.0/8:*", "[::ffff:0.0.0.0]"),
        ("http://[::1]:*", "[::]"),
    ] {
        let by_address = format!("http://{host}:{port}");
        let (network, grants) = fixture::network(&["http://*:*"]);
        let mut set = GrantSet::clone(&grants.now());
        set.revoke(Grant::parse(Capability::NetworkOutbound, revoked).unwrap());
        grants.replace(set);
        let request = Request::get(&by_address).body(empty()).unwrap();
        let sent = Pin::from(Requests::new(network).send(request, None)).await;
        assert!(
            matches!(sent, Err(Error::DestinationIpProhibited | Error::HttpRequestDenied)),
            "{host}: {:?}",
            sent.err()
        );
    }
}

#[tokio::test]
async fn a_path_begins_with_a_slash_on_the_wire() {
    let exchange = Exchange::new().await;
    for (path, line) in [("?q=1", "/?q=1"), ("/", "/"), ("/a?b", "/a?b")] {
        let uri = Uri::builder().scheme("http").authority(exchange.address.to_string());
        let request = Request::get(uri.path_and_query(path).build().unwrap());
        let sending = Pin::from(exchange.requests.send(request.body(empty()).unwrap(), None));
        let (sent, _stream) = tokio::join!(sending, async {
            let (stream, head) = exchange.accept_with_head().await;
            assert_eq!(head.lines().next(), Some(&*format!("GET {line} HTTP/1.1")));
            exchange.answer(stream).await
        });
        assert_eq!(sent.unwrap().0.status(), 200);
    }
}

#[tokio::test]
async fn a_change_that_leaves_the_grant_ends_nothing() {
    let exchange = Exchange::new().await;
    let sending = Pin::from(exchange.requests.send(exchange.request(empty()), None));
    let (sent, _stream) = tokio::join!(sending, async {
        let stream = exchange.accept().await;
        exchange.grants.replace(GrantSet::clone(&exchange.grants.now()));
        exchange.answer(stream).await
    });
    assert_eq!(sent.unwrap().0.status(), 200);
}
