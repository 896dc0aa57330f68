//! The owner's socket under more than one client should ask: uploads that lie, break off, come by the byte, or all at
//! once; answers that nobody takes; JSON that is large in one way only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use airssys_wasm::control::{Server, listen, listen_within};
use airssys_wasm_tests::{TestHost, frame, guest, request};

use crate::arena::{LEFT_MIB, alone, descriptors, memory_mib, settles};

/// A host with a healthy component and a socket.
struct Served {
    test: TestHost,
    _server: Server,
}

impl Served {
    async fn patient_for(pace: Option<Duration>) -> Self {
        let test = TestHost::new().await;
        test.deploy("echo").await.unwrap();
        let server = match pace {
            Some(pace) => listen_within(&test.host, pace).await,
            None => listen(&test.host).await,
        };
        Self {
            test,
            _server: server.unwrap(),
        }
    }

    fn socket(&self) -> PathBuf {
        self.test.host.state_dir().join("control.sock")
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).await.unwrap()
    }

    /// Sends these bytes and no more, and reads what is said.
    async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The host may have refused before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read_all(&mut stream).await
    }

    /// Asks, and waits for what is said.
    async fn ask(&self, bytes: &[u8]) -> String {
        ask(&self.socket(), bytes).await
    }

    /// The socket answers, the component does, and only it is deployed.
    async fn is_well(&self, what: &str) {
        let said = self.ask(&request("\"status\"")).await;
        assert!(said.contains("\"done\""), "{what}: {said}");
        assert_eq!(self.test.call("echo", what).await.unwrap(), what);
        let deployed: Vec<_> = self
            .test
            .host
            .status()
            .iter()
            .map(|status| status.release.label())
            .collect();
        assert_eq!(deployed, ["echo@1.0.0"], "{what}");
    }
}

async fn ask(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let _ = stream.write_all(bytes).await;
    read_all(&mut stream).await
}

async fn read_all(stream: &mut UnixStream) -> String {
    let mut said = Vec::new();
    // A host that has not read everything resets the connection after what it said.
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

fn upload(component: &str) -> Vec<u8> {
    request(&format!(
        r#"{{"deploy": {{"package": {{"name": "{component}", "version": "1.0.0"}}}}}}"#
    ))
}

#[test]
fn json_that_is_large_in_one_way_is_refused_and_leaves_nothing() {
    alone(async {
        let served = Served::patient_for(None).await;
        served.is_well("before").await;
        let keys = |count: usize| -> String {
            let each: Vec<String> = (0..count).map(|number| format!("\"{number}\":0")).collect();
            format!("{{{}}}", each.join(","))
        };
        let config = |config: &str| format!(r#"{{"deploy": {{"package": {{"name": "b", "config": {config}}}}}}}"#);
        let repeated = |text: &str, count: usize| vec![text; count].join(",");
        let all = [
            ("700,000 unknown keys", keys(700_000), "request-refused"),
            ("1,000,000 keys", keys(1_000_000), "request-refused"),
            (
                "one key 1,000,000 times",
                format!("{{{}}}", repeated("\"a\":0", 1_000_000)),
                "there twice",
            ),
            (
                "a key of 7 MiB",
                format!("{{\"{}\":0}}", "a".repeat(7 << 20)),
                "request-refused",
            ),
            (
                "4,000,000 numbers",
                format!("[{}]", repeated("0", 4_000_000)),
                "request-refused",
            ),
            ("a number of 7 MiB", "9".repeat(7 << 20), "request-refused"),
            (
                "lists 129 deep",
                config(&format!("{{\"a\":{}{}}}", "[".repeat(129), "]".repeat(129))),
                "recursion limit",
            ),
            ("objects 1,000,000 deep", "{\"a\":".repeat(1_000_000), "recursion limit"),
            ("half an escape", r#""\ud800""#.into(), "request-refused"),
            (
                "a name that escapes",
                r#"{"release": {"name": "../../etc/passwd"}}"#.into(),
                "request-refused",
            ),
            (
                "a name with an end of line",
                r#"{"release": {"name": "a\nb"}}"#.into(),
                "request-refused",
            ),
        ];
        // The allocator keeps what was needed once; what is left behind would be needed again.
        let mut before = None;
        for _ in 0..2 {
            before = Some((memory_mib("VmRSS"), descriptors()));
            for (what, asked, part) in &all {
                let said = served.say(&request(asked)).await;
                assert!(
                    said.contains("request-refused") && said.contains(*part),
                    "{what}: {said:.300}"
                );
                assert!(said.len() < 8 << 10, "{what}: says {} bytes", said.len());
                served.is_well(what).await;
            }
        }
        let (memory, files) = before.unwrap();
        let back = settles(|| descriptors() <= files && memory_mib("VmRSS") <= memory + LEFT_MIB).await;
        assert!(
            back.is_ok(),
            "{files} descriptors and {memory} MiB became {} and {}",
            descriptors(),
            memory_mib("VmRSS")
        );
    });
}

#[test]
fn an_upload_that_lies_or_breaks_off_changes_nothing() {
    alone(async {
        let served = Served::patient_for(None).await;
        let bytes = guest("echo");
        let whole = [upload("b"), frame(2, &bytes)].concat();
        let blobs = || {
            std::fs::read_dir(served.test.folder.path().join("blobs/sha256"))
                .unwrap()
                .count()
        };
        let before = blobs();
        for part in 1..32 {
            let said = served.say(&whole[..whole.len() * part / 32]).await;
            assert!(said.contains("request-refused"), "{part}: {said}");
        }
        for (length, part) in [
            (u32::MAX, "too-large"),
            ((64 << 20) + 1, "too-large"),
            (64 << 20, "within a frame"),
            (bytes.len() as u32 + 1, "within a frame"),
            (bytes.len() as u32 - 1, "one request, and more"),
            (0, "one request, and more"),
        ] {
            let lie = [&upload("b")[..], &[2], &length.to_le_bytes(), &bytes].concat();
            let said = served.say(&lie).await;
            assert!(said.contains(part), "{length}: {said:.300}");
        }
        served.is_well("after").await;
        assert_eq!(blobs(), before);
    });
}

#[test]
fn who_sends_by_the_byte_or_takes_no_answer_is_given_up() {
    alone(async {
        let served = Served::patient_for(Some(Duration::from_millis(100))).await;
        // Each byte comes in time, and the whole never does.
        let mut slow = served.connect().await;
        slow.write_all(&upload("b")).await.unwrap();
        slow.write_all(&[2, 0, 0, 0, 4]).await.unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let ended = async {
            loop {
                tick.tick().await;
                if slow.write_all(&[0]).await.is_err() {
                    break;
                }
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        assert!(ended.is_ok(), "an upload by the byte is waited for without end");
        // As many as there may be ask for something large and take nothing of it.
        let ask = request(r#"{"bytes": {"name": "echo"}}"#);
        let mut greedy = Vec::new();
        for _ in 0..64 {
            let mut stream = served.connect().await;
            if stream.write_all(&ask).await.is_ok() {
                greedy.push(stream);
            }
        }
        let is_served = async {
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            while !served.ask(&request("\"status\"")).await.contains("\"done\"") {
                tick.tick().await;
            }
        };
        let is_served = tokio::time::timeout(Duration::from_secs(60), is_served).await;
        assert!(is_served.is_ok(), "clients that take nothing keep others out");
        drop(greedy);
        served.is_well("after").await;
    });
}

#[test]
fn of_a_hundred_uploads_at_once_each_has_an_answer() {
    alone(async {
        let served = Served::patient_for(None).await;
        let bytes = guest("echo");
        let uploads: Vec<_> = (0..100)
            .map(|number| {
                let (socket, bytes) = (served.socket(), bytes.clone());
                tokio::spawn(
                    async move { ask(&socket, &[upload(&format!("b-{number}")), frame(2, bytes)].concat()).await },
                )
            })
            .collect();
        let (mut deployed, mut refused) = (0, 0);
        for upload in uploads {
            let said = upload.await.unwrap();
            match said.contains("\"done\"") {
                true => deployed += 1,
                // The 65th connection is one too many; it may be gone before it has said all.
                false if said.is_empty() || said.contains("request-refused") => refused += 1,
                false => panic!("{said:.300}"),
            }
        }
        assert!(deployed >= 1 && deployed + refused == 100, "{deployed} and {refused}");
        assert_eq!(served.test.host.status().len(), deployed + 1);
        assert_eq!(served.test.call("echo", "after").await.unwrap(), "after");
    });
}
