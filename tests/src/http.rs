//! A host that answers HTTP requests, and a client that may send anything.

use std::net::SocketAddr;

use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

use crate::{TestHost, guest, name, until, workspace};
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::ingress::{HttpOptions, HttpServer, listen};
use airssys_wasm::{Deployment, Error};

/// A host at an address of its own.
pub struct HttpHost {
    /// The host.
    pub test: TestHost,
    /// What answers.
    pub server: HttpServer,
}

/// A connection of a client that may send anything.
pub struct Client {
    reading: BufReader<OwnedReadHalf>,
    /// None when somebody else sends.
    writing: Option<OwnedWriteHalf>,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The names, in lower case, and the values of its header.
    pub headers: Vec<(String, String)>,
    /// What came of the body.
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub is_whole: bool,
}

impl HttpHost {
    /// A host with nothing deployed.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A host that answers in a special way.
    pub async fn with(adapt: impl FnOnce(&mut HttpOptions)) -> Self {
        Self::of(TestHost::new().await, adapt).await
    }

    /// A host that is there already.
    pub async fn of(test: TestHost, adapt: impl FnOnce(&mut HttpOptions)) -> Self {
        let mut options = HttpOptions::new(([127, 0, 0, 1], 0).into());
        adapt(&mut options);
        let server = listen(&test.host, options).await.expect("a free port");
        Self { test, server }
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Deploys a guest as the component `web`, with these lines in its manifest.
    pub async fn deploy(&self, guest_name: &str, manifest: &str) -> Result<Deployment, Error> {
        self.deploy_bytes("web", "1.0.0", guest(guest_name), manifest).await
    }

    /// Deploys these bytes.
    pub async fn deploy_bytes(
        &self,
        component: &str,
        version: &str,
        bytes: Vec<u8>,
        manifest: &str,
    ) -> Result<Deployment, Error> {
        let manifest = Manifest::parse(&format!("manifest-version = 1\n{manifest}")).expect("a manifest");
        let package = Package::new(bytes).name(name(component)).manifest(manifest);
        let version = version.parse().expect("a version");
        self.test.host.deploy(package.version(version)).await
    }

    /// The calls of the component `web` and its failures, when there have been so many calls.
    /// A call ends a little after its client has the answer.
    pub async fn counted(&self, calls: u64) -> (u64, u64) {
        let mut status = self.test.status("web");
        until("the calls end", || {
            status = self.test.status("web");
            status.calls >= calls && status.in_flight == 0
        })
        .await;
        (status.calls, status.failed)
    }

    /// Waits until so many requests to the component `web` are under way.
    pub async fn until_in_flight(&self, number: u32) {
        until("requests are under way", || self.test.status("web").in_flight == number).await;
    }

    /// A new connection.
    pub async fn connect(&self) -> Client {
        Client::connect(self.address()).await
    }

    /// One request on a connection of its own.
    pub async fn get(&self, path: &str) -> Answer {
        self.connect().await.get(path).await
    }

    /// One request with a body on a connection of its own.
    pub async fn post(&self, path: &str, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let mut client = self.connect().await;
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n");
        client.send(head).await;
        client.send(body).await;
        client.answer().await.expect("an answer")
    }
}

/// The guest that serves HTTP, as another release: it answers with this number.
pub fn serves_http(release: u8) -> Vec<u8> {
    let mut bytes = guest("serves-http");
    let place = bytes.windows(9).position(|part| part == b"release-1");
    bytes[place.expect("its text is in it") + 8] = b'0' + release;
    bytes
}

impl Client {
    /// A connection to this address.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).await.expect("a connection"))
    }

    /// A connection to this address on which little is kept of what the client has not read yet.
    pub async fn connect_with_little_room(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(16 << 10).expect("a size that can be had");
        Self::of(socket.connect(address).await.expect("a connection"))
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("an open connection");
        let (reading, writing) = stream.into_split();
        Self {
            reading: BufReader::new(reading),
            writing: Some(writing),
        }
    }

    /// Sends this; what the other side does not take any more is lost.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        if let Some(writing) = &mut self.writing {
            let _ = writing.write_all(bytes.as_ref()).await;
        }
    }

    /// Hands out the way in which it sends.
    pub fn take_writing(&mut self) -> OwnedWriteHalf {
        self.writing.take().expect("it is taken once")
    }

    /// Sends nothing more.
    pub fn end(&mut self) {
        self.writing = None;
    }

    /// A request without a body, and its answer.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await
    }

    /// Sends a whole request, and reads its answer.
    pub async fn ask(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer().await.expect("an answer")
    }

    /// The next answer; none when the connection ends without one.
    pub async fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head().await?;
        if answer.status == 204 || answer.status == 304 {
            answer.is_whole = true;
            return Some(answer);
        }
        let length = answer
            .header("content-length")
            .map(|length| length.parse().expect("a length"));
        match length {
            Some(length) => {
                answer.body = vec![0; length];
                answer.is_whole = self.reading.read_exact(&mut answer.body).await.is_ok();
            }
            None if answer.header("transfer-encoding").is_some() => loop {
                match self.chunk().await {
                    Some(chunk) if chunk.is_empty() => {
                        answer.is_whole = true;
                        break;
                    }
                    Some(chunk) => answer.body.extend(chunk),
                    None => break,
                }
            },
            None => {
                answer.is_whole = self.reading.read_to_end(&mut answer.body).await.is_ok();
            }
        }
        Some(answer)
    }

    /// The status and the header of the next answer; none when the connection ends without them.
    pub async fn head(&mut self) -> Option<Answer> {
        let first = self.line().await?;
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (body, is_whole) = (Vec::new(), false);
        Some(Answer {
            status,
            headers,
            body,
            is_whole,
        })
    }

    /// The first piece of the body of the next answer.
    pub async fn chunk_after_head(&mut self) -> Vec<u8> {
        self.head().await.expect("an answer");
        self.chunk().await.expect("a body in pieces")
    }

    /// The next piece of a body that comes in pieces, the last of which is empty; none when the connection ends.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(&self.line().await?, 16).ok()?;
        let mut bytes = vec![0; size + 2];
        self.reading.read_exact(&mut bytes).await.ok()?;
        bytes.truncate(size);
        Some(bytes)
    }

    /// Whether the other side has nothing more to say; waits until it has or has not.
    pub async fn is_closed(&mut self) -> bool {
        !matches!(self.reading.fill_buf().await, Ok(bytes) if !bytes.is_empty())
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.reading.read_line(&mut line).await.ok()?;
        (read > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned())
    }
}

impl Answer {
    /// The first value of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of a refusal, which is documented.
    pub fn code(&self) -> String {
        let said: Json = serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(said["error"]["message"].is_string(), "{said}");
        let code = said["error"]["code"].as_str().expect("a code").to_owned();
        let documents = ["docs/src/http.md", "docs/src/errors.md"].map(|path| {
            let path = workspace().join(path);
            std::fs::read_to_string(path).expect("the book")
        });
        assert!(
            documents.concat().contains(&format!("`{code}`")),
            "`{code}` is not documented"
        );
        code
    }
}
