//! Sockets of TCP: whom components connect to, and where they listen.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::set_up::{Canary, Net, wanted};
use airssys_wasm::capability::Refusal;
use airssys_wasm_tests::name;

const DENIED: &str = "error access-denied";

/// A server that greets each client, reads what it says, and ends.
async fn greeter() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 100];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            let said = String::from_utf8_lossy(&buffer[..read]).to_uppercase();
            let _ = stream.write_all(said.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn a_granted_address_can_be_connected_to() {
    let port = greeter().await;
    let net = Net::new("uses-sockets", wanted(&[&format!("tcp://127.0.0.1:{port}")])).await;
    assert_eq!(net.run(&format!("tcp 127.0.0.1:{port} hello")).await, "HELLO");
    assert_eq!(net.denied(), []);
}

#[tokio::test]
async fn a_granted_name_opens_the_addresses_that_were_told_for_it() {
    let port = greeter().await;
    let granted = wanted(&[&format!("tcp://localhost:{port}"), "tcp://db.test:1"]);
    let granted = granted
        .name("localhost", &[&["127.0.0.1"]])
        .name("db.test", &[&["8.8.8.8"]]);
    let net = Net::new("uses-sockets", granted).await;
    // Not before it was looked up, and not by another name.
    let script = format!(
        "tcp 127.0.0.1:{port} a\nresolve localhost\ntcp 127.0.0.1:{port} a\ntcp 127.0.0.1:1 a\ntcp 127.0.0.2:{port} a"
    );
    assert_eq!(
        net.run(&script).await,
        format!("{DENIED}\n127.0.0.1\nA\n{DENIED}\n{DENIED}")
    );
    let patterns: Vec<String> = net.denied().into_iter().map(|(_, pattern, _)| pattern).collect();
    let address = |ip, port| format!("tcp://{ip}:{port}");
    assert_eq!(
        patterns,
        [
            address("127.0.0.1", port),
            address("localhost", 1),
            address("127.0.0.2", port)
        ]
    );
}

#[tokio::test]
async fn nobody_else_can_be_connected_to() {
    let canary = Canary::new();
    let port = canary.port();
    let asked = wanted(&[
        "tcp://127.0.0.1:1",
        &format!("udp://127.0.0.1:{port}"),
        &format!("http://127.0.0.1:{port}"),
    ]);
    let net = Net::new("uses-sockets", asked).await;
    assert_eq!(net.run(&format!("tcp 127.0.0.1:{port} x")).await, DENIED);
    net.assert_denied(
        "network-outbound",
        &format!("tcp://127.0.0.1:{port}"),
        Refusal::NotAsked,
    );
    let net = Net::new("uses-sockets", wanted(&[])).await;
    assert_eq!(net.run(&format!("tcp 127.0.0.1:{port} x")).await, DENIED);
    net.assert_denied(
        "network-outbound",
        &format!("tcp://127.0.0.1:{port}"),
        Refusal::NotAsked,
    );
    let pattern = format!("tcp://127.0.0.1:{port}");
    let net = Net::granting("uses-sockets", &wanted(&[&pattern]), &wanted(&["tcp://127.0.0.1:1"])).await;
    assert_eq!(net.run(&format!("tcp 127.0.0.1:{port} x")).await, DENIED);
    net.assert_denied("network-outbound", &pattern, Refusal::NotGranted);
    canary.assert_untouched();
}

#[tokio::test]
async fn an_address_of_version_4_is_none_of_version_6() {
    let canary = Canary::new();
    let port = canary.port();
    let net = Net::new("uses-sockets", wanted(&[&format!("tcp://127.0.0.1:{port}")])).await;
    let said = net
        .run(&format!("tcp [::ffff:127.0.0.1]:{port} x\ntcp [::1]:{port} x"))
        .await;
    assert_eq!(said, format!("error invalid-argument\n{DENIED}"));
    canary.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_port_takes_connections() {
    let net = Net::new("uses-sockets", wanted(&[]).inbound(&["127.0.0.1:*"])).await;
    let host = net.test.host.clone();
    let listening = tokio::spawn(async move { host.call(&name("net"), "listen 127.0.0.1:0".into()).await });
    let port = net.told("listening ").await;
    let mut client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    client.write_all(b"hello").await.unwrap();
    let mut said = [0; 5];
    client.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hello");
    assert_eq!(listening.await.unwrap().unwrap().to_text(), "accepted hello");
    assert_eq!(net.denied(), []);
}

#[tokio::test]
async fn no_other_port_is_bound_or_listened_on() {
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let net = Net::new(
        "uses-sockets",
        wanted(&["tcp://127.0.0.1:1"]).inbound(&["127.0.0.1:1", "udp://127.0.0.1:*"]),
    )
    .await;
    let script = format!("bind tcp 127.0.0.1:{free}\nbind tcp 0.0.0.0:{free}\nlisten [::1]:0");
    assert_eq!(net.run(&script).await, [DENIED; 3].join("\n"));
    let inbound = |pattern: &str| ("network-inbound".to_owned(), pattern.to_owned(), Refusal::NotAsked);
    let expected = [format!("127.0.0.1:{free}"), format!("0.0.0.0:{free}"), "[::1]:0".into()];
    assert_eq!(net.denied(), expected.map(|pattern| inbound(&pattern)));
    // The port from which it may connect is none to listen on.
    assert_eq!(
        net.run("bind tcp 0.0.0.0:0\nlisten 0.0.0.0:0").await,
        format!("bound\n{DENIED}")
    );
    let listened = net.denied().pop().unwrap();
    assert!(
        listened.1.starts_with("0.0.0.0:") && listened.1 != "0.0.0.0:0",
        "{listened:?}"
    );
}

#[tokio::test]
async fn an_instance_has_so_many_sockets_and_no_more() {
    // One that asks for nothing of the network has hardly any.
    for (asked, most) in [(vec!["tcp://127.0.0.1:1"], 128), (vec![], 4)] {
        let net = Net::new("uses-sockets", wanted(&asked)).await;
        let said = net.run(&format!("sockets 200\nsockets {most}")).await;
        assert_eq!(said, format!("{most} and new-socket-limit\n{most}"));
    }
}
