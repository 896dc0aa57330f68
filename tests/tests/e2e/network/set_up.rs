//! A host with one component, servers that it may reach, and listeners that nobody may.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use airssys_wasm::capability::{Policy, Refusal};
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::{Deployment, Error, Event, HostBuilder};
use airssys_wasm_tests::{TestHost, guest, name, until};

/// Answers that a resolver gives: of each name one after the other, and the last of them again.
type Answers = Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>;

/// What a component asks for and is granted.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    pub(super) outbound: Vec<String>,
    pub(super) inbound: Vec<String>,
    pub(super) names: Vec<(String, Vec<Vec<IpAddr>>)>,
    pub(super) roots: Option<String>,
    /// The lines of `[limits]` in its manifest.
    pub(super) limits: &'static str,
}

/// A host with the component `net`.
pub(super) struct Net {
    pub(super) test: TestHost,
    /// The names that were asked for.
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

/// A listener that should see nobody.
pub(super) struct Canary(TcpListener);

/// The same for datagrams.
pub(super) struct UdpCanary(UdpSocket);

/// A server on loopback.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// The requests that came, as they were on the wire.
    pub(super) seen: Arc<Mutex<Vec<String>>>,
}

pub(super) fn wanted(outbound: &[&str]) -> Wanted {
    Wanted {
        outbound: outbound.iter().map(|&pattern| pattern.to_owned()).collect(),
        ..Wanted::default()
    }
}

impl Wanted {
    pub(super) fn inbound(mut self, patterns: &[&str]) -> Self {
        self.inbound = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        self
    }

    pub(super) fn limits(mut self, lines: &'static str) -> Self {
        self.limits = lines;
        self
    }

    /// Has a name answered with these addresses, one list after the other.
    pub(super) fn name(mut self, name: &str, answers: &[&[&str]]) -> Self {
        let answers = answers
            .iter()
            .map(|list| list.iter().map(|text| text.parse().unwrap()).collect());
        self.names.push((name.to_owned(), answers.collect()));
        self
    }

    pub(super) fn manifest(&self) -> Manifest {
        let Self {
            outbound,
            inbound,
            limits,
            ..
        } = self;
        let asks = format!(
            "manifest-version = 1\n[limits]\n{limits}\n[capabilities]\n\
             network-outbound = {outbound:?}\nnetwork-inbound = {inbound:?}"
        );
        Manifest::parse(&asks).unwrap()
    }

    fn adapt(&self, builder: HostBuilder, asked: &Arc<Mutex<Vec<String>>>) -> HostBuilder {
        let Self { outbound, inbound, .. } = self;
        let grants = format!(
            "[[grant]]\nto = \"*\"\nbroad = true\nnetwork-outbound = {outbound:?}\nnetwork-inbound = {inbound:?}\n"
        );
        let tls = self
            .roots
            .iter()
            .map(|path| format!("[tls]\nextra-roots = [{path:?}]\n"));
        let policy = format!("policy-version = 1\n{grants}{}", tls.collect::<String>());
        let answers = Answers::new(Mutex::new(self.names.iter().cloned().collect()));
        let asked = asked.clone();
        let resolver = move |name: String| {
            asked.lock().unwrap().push(name.clone());
            let mut answers = answers.lock().unwrap();
            let found = answers.get_mut(&name).map(|lists| match lists.len() {
                1 => lists[0].clone(),
                _ => lists.remove(0),
            });
            std::future::ready(found.ok_or_else(|| ErrorKind::NotFound.into()))
        };
        builder.policy(Policy::parse(&policy).unwrap()).resolver(resolver)
    }
}

impl Net {
    /// A host that grants what the component asks for.
    pub(super) async fn new(guest_name: &str, wanted: Wanted) -> Self {
        Self::granting(guest_name, &wanted, &wanted).await
    }

    /// A host that granted what the component asked for when it was deployed, and grants something else now.
    pub(super) async fn granting(guest_name: &str, asked: &Wanted, granted: &Wanted) -> Self {
        let lookups = Arc::<Mutex<Vec<String>>>::default();
        let mut test = TestHost::with(|builder| asked.adapt(builder, &lookups)).await;
        deploy(&test, guest_name, asked).await.unwrap();
        if !std::ptr::eq(asked, granted) {
            test.host.shutdown().await.unwrap();
            let folder = test.folder.clone();
            drop(test);
            test = TestHost::open(folder, |builder| granted.adapt(builder, &lookups)).await;
        }
        Self { test, asked: lookups }
    }

    /// Has the component do something.
    pub(super) async fn run(&self, script: &str) -> String {
        self.test
            .call("net", script)
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What was told of denials: capability, pattern and refusal.
    pub(super) fn denied(&self) -> Vec<(String, String, Refusal)> {
        let events = self.test.events().into_iter();
        let denied = events.filter_map(|event| match event {
            Event::Denied {
                capability,
                pattern,
                refusal,
                component,
                ..
            } => {
                assert_eq!(component, name("net"));
                Some((capability.to_string(), pattern, refusal))
            }
            _ => None,
        });
        denied.collect()
    }

    /// Asserts that exactly this was denied.
    pub(super) fn assert_denied(&self, capability: &str, pattern: &str, refusal: Refusal) {
        assert_eq!(self.denied(), [(capability.to_owned(), pattern.to_owned(), refusal)]);
    }

    /// The number that the component says after this word.
    pub(super) async fn told(&self, word: &str) -> u16 {
        let mut found = None;
        until("the component says it", || {
            found = self.test.events().into_iter().find_map(|event| match event {
                Event::Output { line, .. } => line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()),
                _ => None,
            });
            found.is_some()
        })
        .await;
        found.unwrap()
    }
}

async fn deploy(test: &TestHost, guest_name: &str, asked: &Wanted) -> Result<Deployment, Error> {
    let package = Package::new(guest(guest_name))
        .name(name("net"))
        .manifest(asked.manifest());
    test.host.deploy(package.version("1.0.0".parse().unwrap())).await
}

impl Canary {
    pub(super) fn new() -> Self {
        Self::on("127.0.0.1:0")
    }

    pub(super) fn on(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(super) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Asserts that nobody has connected: on loopback a connection is there before whoever makes it goes on.
    pub(super) fn assert_untouched(&self) {
        assert_eq!(self.0.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

impl UdpCanary {
    pub(super) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self(socket)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(super) fn assert_untouched(&self) {
        assert_eq!(self.0.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

impl Server {
    /// A server that answers every request with these bytes, and then ends the connection.
    pub(super) async fn new(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::with(move |mut stream| {
            let answer = answer.clone();
            async move {
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                // Whoever is still sending is not cut off before it has read.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        })
        .await
    }

    /// A server that does this with every connection, when a request has come.
    pub(super) async fn with<A, F>(answer: A) -> Self
    where
        A: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let keep = seen.clone();
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (keep, answer) = (keep.clone(), answer.clone());
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    keep.lock().unwrap().push(request);
                    answer(stream).await;
                });
            }
        });
        Self { address, seen }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The pattern of requests to it by its address.
    pub(super) fn pattern(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A response with a body.
pub(super) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Reads a request with its body, as it is on the wire.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while reader.read_line(&mut text).await.unwrap_or(0) > 0 && !text.ends_with("\r\n\r\n") {}
    let lower = text.to_ascii_lowercase();
    if let Some((_, rest)) = lower.split_once("content-length: ") {
        let length = rest.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        let read = reader.read_exact(&mut body).await;
        text.push_str(if read.is_ok() { "(whole)" } else { "(cut off)" });
    } else if lower.contains("transfer-encoding: chunked") {
        while reader.read_line(&mut text).await.unwrap_or(0) > 0 {
            if text.ends_with("\r\n\r\n") && text.contains("\r\n0\r\n") {
                break;
            }
        }
    }
    text
}
