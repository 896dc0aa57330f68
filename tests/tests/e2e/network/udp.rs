//! Datagrams: whom components send to, and whose they get.

use tokio::net::UdpSocket;

use super::set_up::{Net, UdpCanary, wanted};
use airssys_wasm::capability::Refusal;
use airssys_wasm_tests::name;

const DENIED: &str = "error access-denied";

/// A server that answers each datagram in upper case.
async fn shouter() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 100];
        while let Ok((read, from)) = socket.recv_from(&mut buffer).await {
            let said = String::from_utf8_lossy(&buffer[..read]).to_uppercase();
            let _ = socket.send_to(said.as_bytes(), from).await;
        }
    });
    port
}

#[tokio::test]
async fn a_granted_address_can_be_sent_to_and_answers() {
    let port = shouter().await;
    let net = Net::new("uses-sockets", wanted(&[&format!("udp://127.0.0.1:{port}")])).await;
    let script = format!("udp 127.0.0.1:{port} hello\nconnected-udp 127.0.0.1:{port} hello");
    assert_eq!(net.run(&script).await, "HELLO\nHELLO");
    assert_eq!(net.denied(), []);
}

#[tokio::test]
async fn nobody_else_can_be_sent_to() {
    let canary = UdpCanary::new();
    let address = canary.address();
    let pattern = format!("udp://{address}");
    let net = Net::new(
        "uses-sockets",
        wanted(&["udp://127.0.0.1:1", &format!("tcp://{address}")]),
    )
    .await;
    assert_eq!(
        net.run(&format!("udp {address} x\nconnected-udp {address} x")).await,
        format!("{DENIED}\n{DENIED}")
    );
    net.assert_denied("network-outbound", &pattern, Refusal::NotAsked);
    let net = Net::granting("uses-sockets", &wanted(&[&pattern]), &wanted(&[])).await;
    assert_eq!(net.run(&format!("udp {address} x")).await, DENIED);
    net.assert_denied("network-outbound", &pattern, Refusal::NotGranted);
    // Who asks for nothing is bound to nothing.
    let net = Net::new("uses-sockets", wanted(&[])).await;
    assert_eq!(net.run(&format!("udp {address} x")).await, DENIED);
    net.assert_denied("network-inbound", "udp://0.0.0.0:0", Refusal::NotAsked);
    canary.assert_untouched();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_heard_on_a_port_that_is_not_granted() {
    let friend = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = friend.local_addr().unwrap();
    let net = Net::new("uses-sockets", wanted(&[&format!("udp://{address}")])).await;
    let (host, script) = (net.test.host.clone(), format!("udp {address} hello"));
    let asking = tokio::spawn(async move { host.call(&name("net"), script.as_str().into()).await });
    let port = net.told("sent from ").await;
    let mut buffer = [0; 10];
    friend.recv(&mut buffer).await.unwrap();
    // What is sent first is there first, on loopback.
    stranger.send_to(b"stranger", ("127.0.0.1", port)).await.unwrap();
    friend.send_to(b"friend", ("127.0.0.1", port)).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().to_text(), "friend");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_heard_on_a_granted_port() {
    let net = Net::new("uses-sockets", wanted(&[]).inbound(&["udp://127.0.0.1:*"])).await;
    let host = net.test.host.clone();
    let listening = tokio::spawn(async move { host.call(&name("net"), "receive 127.0.0.1:0".into()).await });
    let port = net.told("listening ").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(b"hello", ("127.0.0.1", port)).await.unwrap();
    assert_eq!(listening.await.unwrap().unwrap().to_text(), "hello");
    // It may take, and not send of its own accord.
    let said = net
        .run(&format!(
            "bind udp 127.0.0.1:0\nbind udp 0.0.0.0:{port}\nbind tcp 127.0.0.1:0"
        ))
        .await;
    assert_eq!(said, format!("bound\n{DENIED}\n{DENIED}"));
}
