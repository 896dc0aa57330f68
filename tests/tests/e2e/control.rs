//! The owner's socket: every request through it, who may use it, and what breaks the protocol.

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use airssys_wasm::component::{Manifest, Message, Package};
use airssys_wasm::control::{Client, Listener, Server, listen, listen_within};
use airssys_wasm::typed::{ByteForm, Invocation};
use airssys_wasm::{DeployOptions, Error, Event, Origin, RollbackOptions, SplitOptions};
use airssys_wasm_tests::{TestHost, code, frame, guest, name, request, workspace};

/// A host that serves others, and a client as another process would have it.
struct Served {
    test: TestHost,
    server: Server,
    client: Client,
    told: Arc<Mutex<Vec<Event>>>,
}

impl Served {
    async fn new() -> Self {
        let test = TestHost::new().await;
        let server = listen(&test.host).await.unwrap();
        Self::of(test, server).await
    }

    /// With a host that waits this long for what a client sends.
    async fn patient_for(pace: Duration) -> Self {
        let test = TestHost::new().await;
        let server = listen_within(&test.host, pace).await.unwrap();
        Self::of(test, server).await
    }

    async fn of(test: TestHost, server: Server) -> Self {
        let told = Arc::<Mutex<Vec<Event>>>::default();
        let keep = told.clone();
        let listener: Listener = Arc::new(move |event| keep.lock().unwrap().push(event.clone()));
        let client = Client::connect(test.host.state_dir(), listener).await.unwrap();
        Self {
            test,
            server,
            client,
            told,
        }
    }

    fn socket(&self) -> PathBuf {
        self.test.host.state_dir().join("control.sock")
    }

    /// Whether the host still answers another client.
    async fn answers(&self) {
        assert_eq!(
            json!(self.client.status().await.unwrap()),
            json!(self.test.host.status())
        );
    }

    /// Sends these bytes and no more, and reads what the host says until it closes the connection.
    async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(self.socket()).await.unwrap();
        // The host may have refused before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read_all(&mut stream).await
    }
}

async fn read_all(stream: &mut UnixStream) -> String {
    let mut said = Vec::new();
    // A host that has not read everything resets the connection after what it said.
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

fn silent() -> Listener {
    Arc::new(|_| {})
}

fn package(guest_name: &str, component: &str, version: &str) -> Package {
    Package::new(guest(guest_name))
        .name(name(component))
        .version(version.parse().unwrap())
}

/// Options under which a release is watched for this long.
fn watched(window: Duration) -> DeployOptions {
    let mut options = DeployOptions::default();
    options.window = Some(window);
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_as_by_the_host() {
    let served = Served::new().await;
    let (client, host) = (&served.client, &served.test.host);
    let (a, default) = (name("a"), DeployOptions::default());
    let me = Origin::default();
    let version = |text: &str| text.parse().unwrap();

    let preview = client.plan(package("echo", "a", "1.0.0"), &default).await.unwrap();
    assert_eq!(
        json!(&preview),
        json!(host.plan(package("echo", "a", "1.0.0"), &default).await.unwrap())
    );
    let deployment = client.deploy(package("echo", "a", "1.0.0"), &default).await.unwrap();
    assert_eq!(json!(&deployment.release), json!(host.release(&a).unwrap()));
    let mut options = DeployOptions::default();
    options.allow_breaking = true;
    let second = client.deploy(package("traps", "a", "2.0.0"), &options).await.unwrap();
    assert_eq!(second.previous, Some(version("1.0.0")));

    let kind = client.call(&a, Message::text("be kind")).await.unwrap();
    assert_eq!(kind.body, b"survived");
    assert_eq!(client.release(&a).await.unwrap(), host.release(&a).unwrap());
    assert_eq!(client.releases(&a).await.unwrap(), host.releases(&a).await.unwrap());
    assert_eq!(json!(client.status().await.unwrap()), json!(host.status()));
    assert_eq!(client.bytes(&a).await.unwrap(), guest("traps"));
    let earlier = client.release_bytes(&a, &version("1.0.0")).await.unwrap();
    assert_eq!(earlier, guest("echo"));
    let unknown = client.release_bytes(&a, &version("3.0.0")).await.unwrap_err();
    assert_eq!(unknown.code().as_str(), "unknown-release");

    let back = client.rollback(&a, &RollbackOptions::default()).await.unwrap();
    assert_eq!(back.release.version, version("1.0.0"));
    let mut message = Message::bytes([0, 255]);
    message.content_type = "application/x-own".into();
    message.metadata = vec![("trace".into(), "7".into())];
    let called = client.call_metered(&a, message.clone()).await.unwrap();
    assert_eq!((called.answer, called.fuel), (message, None));

    let planned = client.plan_update(&a, &version("2.0.0"), &options).await.unwrap();
    assert_eq!(planned.from, Some(version("1.0.0")));
    let updated = client.update(&a, &version("2.0.0"), &options).await.unwrap();
    assert_eq!(updated.release.version, version("2.0.0"));
    let mut split = SplitOptions::default();
    split.weights = vec![(version("1.0.0"), 3), (version("2.0.0"), 1)];
    split.rules.rules = vec!["metadata:x=1=>2.0.0".parse().unwrap()];
    let shared = client.split(&a, &split).await.unwrap();
    assert_eq!(shared.weights, split.weights);
    assert_eq!(host.status()[0].rules, split.rules);
    assert_eq!(client.scale(&a, 2, &me).await.unwrap().max_instances, Some(2));

    client
        .deploy(package("own-exports", "math", "1.0.0"), &default)
        .await
        .unwrap();
    let calls = ["add(1, 2)", "add(x)"].map(|text| Invocation::wave(text).unwrap());
    let results = client
        .invoke_all(&name("math"), calls.to_vec(), ByteForm::Text)
        .await
        .unwrap();
    let first = results[0].as_ref().unwrap();
    assert_eq!(first.fuel, None);
    assert_eq!((first.wave.as_str(), &first.json), ("3", &Json::from(3)));
    assert!(matches!(&results[1], Err(Error::Arguments(error)) if error.pointer().is_some()));

    assert_eq!(client.remove(&a, &me).await.unwrap().name, a);
    let history = client.history(&a).await.unwrap();
    assert_eq!(history, host.history(&a).await.unwrap());
    let actions: Vec<&str> = history.iter().map(|record| record.action.name()).collect();
    assert_eq!(
        actions,
        ["deploy", "deploy", "rollback", "update", "split", "scale", "remove"]
    );
    assert!(client.is_remote() && client.host().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_arrive_as_what_they_are() {
    let served = Served::new().await;
    served.test.deploy("echo").await.unwrap();
    let here = Client::here(served.test.host.clone());
    for client in [&served.client, &here] {
        let error = client.call(&name("ecko"), Message::default()).await.unwrap_err();
        assert!(matches!(&error, Error::UnknownComponent { nearest: Some(nearest), .. } if *nearest == name("echo")));
        let options = DeployOptions::default();
        let error = client
            .deploy(package("unhealthy", "b", "1.0.0"), &options)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Deployment { reason, .. } if matches!(**reason, Error::Unhealthy { .. })),
            "{error:?}"
        );
        let error = client.deploy(package("fails", "echo", "1.0.0"), &options).await;
        assert_eq!(code(error), "release-exists");
        let error = client.deploy(Package::new(b"no component".to_vec()), &options).await;
        assert_eq!(code(error), "not-a-component");
        let error = client.scale(&name("echo"), 0, &Origin::default()).await;
        assert_eq!(code(error), "invalid-options");
        let long = Message::bytes(vec![0; (4 << 20) + 1]);
        assert_eq!(code(client.call(&name("echo"), long).await), "too-large");
        let whole = Message::bytes(vec![7; 4 << 20]);
        assert_eq!(
            client.call(&name("echo"), whole.clone()).await.unwrap().body,
            whole.body
        );
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_its_component_is_told_while_a_client_waits() {
    let served = Served::new().await;
    // The manifest names the component: nothing else does.
    let manifest = Manifest::parse("manifest-version = 1\n[component]\nname = \"echo\"\n").unwrap();
    let package = Package::new(guest("echo")).manifest(manifest);
    let deployment = served.client.deploy(package, &DeployOptions::default()).await.unwrap();
    let component = deployment.release.name;
    let steps: Vec<String> = served.told.lock().unwrap().iter().filter_map(finished).collect();
    assert_eq!(steps, ["compile", "package", "start", "health-check", "route"]);
    let about = |event: &Event| event.component() == Some(&component);
    assert!(served.told.lock().unwrap().iter().all(about));
}

fn finished(event: &Event) -> Option<String> {
    match event {
        Event::StepFinished { step, .. } => Some(step.to_string()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_under_way_keeps_others_out_and_is_given_up_for_a_rollback() {
    let served = Served::new().await;
    let (other, default) = (served.client.clone(), DeployOptions::default());
    other.deploy(package("echo", "a", "1.0.0"), &default).await.unwrap();
    let (sender, mut shifted) = mpsc::unbounded_channel();
    let listener: Listener = Arc::new(move |event| {
        if matches!(event, Event::Shifted { .. }) {
            sender.send(()).unwrap();
        }
    });
    let client = Client::connect(served.test.host.state_dir(), listener).await.unwrap();
    let watched = watched(Duration::from_secs(3_600));
    let deploying = tokio::spawn(async move { client.deploy(package("echo", "a", "2.0.0"), &watched).await });
    shifted.recv().await.unwrap();
    let second = other.deploy(package("echo", "a", "3.0.0"), &default).await;
    assert_eq!(code(second), "deployment-conflict");
    let back = other.rollback(&name("a"), &RollbackOptions::default()).await.unwrap();
    assert_eq!(back.release.version.to_string(), "1.0.0");
    assert_eq!(code(deploying.await.unwrap()), "deployment-aborted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_on_when_its_client_goes_away() {
    let served = Served::new().await;
    served.test.deploy("echo").await.unwrap();
    let mut events = served.test.host.events();
    let client = served.client.clone();
    let options = watched(Duration::from_millis(300));
    let deploying = tokio::spawn(async move { client.deploy(package("echo", "echo", "2.0.0"), &options).await });
    while !matches!(events.next().await.unwrap(), Event::Shifted { .. }) {}
    deploying.abort();
    while !matches!(events.next().await.unwrap(), Event::Drained { .. }) {}
    assert_eq!(served.test.host.status()[0].release.version.to_string(), "2.0.0");
    served.server.finish().await;
    let history = served.test.host.history(&name("echo")).await.unwrap();
    assert_eq!(history[1].outcome.as_ref().unwrap().name(), "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_cancelled_when_its_client_goes_away() {
    let served = Served::new().await;
    served.test.deploy("sleeps-forever").await.unwrap();
    let client = served.client.clone();
    let calling = tokio::spawn(async move { client.call(&name("sleeps-forever"), Message::default()).await });
    while served.test.host.status()[0].in_flight == 0 {
        tokio::task::yield_now().await;
    }
    calling.abort();
    while served.test.host.status()[0].in_flight > 0 {
        tokio::task::yield_now().await;
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_until_the_host_ends() {
    let served = Served::new().await;
    served.test.deploy("traps").await.unwrap();
    let Served {
        test, server, client, ..
    } = served;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let traps = name("traps");
    let listening = client.events(Some(&traps), |event| sender.send(event).unwrap());
    let ending = async {
        let first = loop {
            test.call("traps", "").await.unwrap_err();
            if let Ok(event) = seen.try_recv() {
                break event;
            }
        };
        assert_eq!(first.component(), Some(&traps));
        server.finish().await;
    };
    let (ended, ()) = tokio::join!(listening, ending);
    ended.unwrap();
    assert_eq!(code(client.status().await), "host-unreachable");
}

#[tokio::test]
async fn nobody_listens_where_there_is_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |directory: &Path| {
        let error = Client::connect(directory, silent()).await.unwrap_err();
        assert!(
            matches!(&error, Error::Unreachable { directory: named, .. } if named == directory),
            "{error}"
        );
        assert!(error.to_string().ends_with("nobody listens there"), "{error}");
    };
    check(folder.path()).await;
    check(&folder.path().join("missing")).await;
    check(&folder.path().join("d".repeat(200))).await;
    drop(UnixListener::bind(folder.path().join("control.sock")).unwrap());
    check(folder.path()).await;
}

#[tokio::test]
async fn what_is_at_the_place_of_the_socket_is_replaced_and_not_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    std::fs::write(&target, "untouched").unwrap();
    let leave: [&dyn Fn(&Path); 4] = [
        &|path| drop(UnixListener::bind(path).unwrap()),
        &|path| std::fs::write(path, "a file").unwrap(),
        &|path| symlink(&target, path).unwrap(),
        &|path| symlink(elsewhere.path().join("nothing"), path).unwrap(),
    ];
    for leave in leave {
        let test = TestHost::new().await;
        leave(&test.host.state_dir().join("control.sock"));
        let server = listen(&test.host).await.unwrap();
        let served = Served::of(test, server).await;
        served.answers().await;
        let metadata = std::fs::symlink_metadata(served.socket()).unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let socket = served.socket();
        drop(served.server);
        assert!(!socket.exists());
    }
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_long_path_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("d".repeat(100)).join("e".repeat(100));
    let test = TestHost::with(|builder| builder.state_dir(&long)).await;
    let server = listen(&test.host).await.unwrap();
    let served = Served::of(test, server).await;
    served.answers().await;
    assert!(long.join("control.sock").exists());
}

#[tokio::test]
async fn what_breaks_the_protocol_is_refused_and_the_host_goes_on() {
    let served = Served::new().await;
    let refused = async |bytes: Vec<u8>, part: &str| {
        let said = served.say(&bytes).await;
        assert!(
            said.contains(r#""code":"request-refused""#) && said.contains(part),
            "{part}: {said}"
        );
        served.answers().await;
    };
    refused(b"GET / HTTP/1.1\r\n\r\n".to_vec(), "kind 71").await;
    refused(vec![1], "within a frame").await;
    refused(vec![1, 255, 255, 255, 255], "larger than the limit").await;
    refused([&frame(1, "{}")[..5], b"{"].concat(), "within a frame").await;
    refused(frame(2, "{}"), "kind 1 was to come").await;
    refused(frame(1, ""), "cannot be read").await;
    refused(frame(1, [0xff, 0xfe]), "cannot be read").await;
    refused(frame(1, "{}"), "missing field `protocol`").await;
    refused(frame(1, r#"{"protocol": 2, "request": "moon"}"#), "version 2").await;
    refused(request(r#""moon""#), "unknown variant `moon`").await;
    refused(request(r#""status", "extra": 1"#), "unknown field `extra`").await;
    refused(request(r#""status", "request": "status""#), "there twice").await;
    refused(frame(1, r#"{"protocol": 1, "request": "status"} {}"#), "trailing").await;
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    refused(request(&deep), "recursion limit").await;
    let call = request(r#"{"call": {"name": "a", "content-type": "text/plain"}}"#);
    refused([&call[..], &[2, 1, 0, 0, 0]].concat(), "within a frame").await;
    refused(call.clone(), "before a frame").await;
    let said = served.say(&[&call[..], &[2, 255, 255, 255, 255]].concat()).await;
    assert!(said.contains(r#""code":"too-large""#), "{said}");
    let long = request(&format!(r#"{{"release": {{"name": "{}"}}}}"#, "a".repeat(9 << 20)));
    refused(long, "larger than the limit").await;
    // Who asks nothing is told nothing.
    assert_eq!(served.say(b"").await, "");
}

#[tokio::test]
async fn who_sends_a_part_and_waits_is_given_up() {
    let served = Served::patient_for(Duration::from_millis(100)).await;
    let call = request(r#"{"call": {"name": "a", "content-type": "text/plain"}}"#);
    for part in [
        &[][..],
        &[1],
        &call[..9],
        &call,
        &[&call[..], &[2, 9, 0, 0, 0, 7]].concat(),
    ] {
        let mut stream = UnixStream::connect(served.socket()).await.unwrap();
        stream.write_all(part).await.unwrap();
        let said = read_all(&mut stream).await;
        assert!(said.contains("did not come in time"), "{part:?}: {said}");
        served.answers().await;
    }
}

#[tokio::test]
async fn the_65th_connection_is_refused_and_the_others_are_served() {
    let served = Served::new().await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(UnixStream::connect(served.socket()).await.unwrap());
    }
    let error = served.client.status().await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { reason } if reason.contains("64 connections")),
        "{error}"
    );
    for mut stream in open {
        stream.write_all(&request(r#""status""#)).await.unwrap();
        assert!(read_all(&mut stream).await.contains(r#"{"done":{"status":[]}}"#));
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_request_is_understood() {
    let served = Served::new().await;
    let document = std::fs::read_to_string(workspace().join("docs/src/control.md")).unwrap();
    let rows = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let requests: Vec<&str> = rows.filter(|row| row.starts_with(['{', '"'])).collect();
    assert_eq!(requests.len(), 25);
    for documented in requests.into_iter().filter(|request| !request.contains("events")) {
        let mut stream = UnixStream::connect(served.socket()).await.unwrap();
        let has_bytes = ["deploy", "plan", "call"]
            .iter()
            .any(|verb| documented.starts_with(&format!("{{\"{verb}\"")));
        let body = if has_bytes { frame(2, "x") } else { Vec::new() };
        stream.write_all(&[request(documented), body].concat()).await.unwrap();
        let said = read_all(&mut stream).await;
        assert!(
            !said.is_empty() && !said.contains("request-refused"),
            "{documented}: {said}"
        );
    }
}
