//! What is revoked ends at once, also in the middle of a call that goes on and on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm::component::Message;
use airssys_wasm::control::{Client, listen};
use airssys_wasm::{Event, Origin};
use airssys_wasm_tests::{name, until};

use super::yard::{GUEST, READ, WRITE, Yard};

/// The bound that is promised.
const BOUND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_reads_on_and_on_is_stopped_within_a_second() {
    let yard = Yard::open(READ, WRITE).await;
    // An operator speaks through the socket.
    let _server = listen(&yard.test.host).await.unwrap();
    let operator = Client::connect(yard.test.folder.path(), Arc::new(|_| {}))
        .await
        .unwrap();
    let host = yard.test.host.clone();
    let reading = tokio::spawn(async move {
        let script = "open s /data r both/f\nagain s 6";
        let (answer, ended) = (host.call(&name(GUEST), Message::text(script)).await, Instant::now());
        (answer.unwrap(), ended)
    });
    let reads = |event: Event| matches!(event, Event::Output { line, .. } if line == "reading");
    until("it reads", || yard.test.events().into_iter().any(reads)).await;
    assert!(!reading.is_finished());

    let read = Grant::parse(Capability::FileRead, "/data/both/**").unwrap();
    let begun = Instant::now();
    operator.revoke(&name(GUEST), &read, &Origin::default()).await.unwrap();
    let (answer, ended) = reading.await.unwrap();
    assert_eq!(answer.to_text(), "ok\naccess after 1");
    let took = ended.duration_since(begun);
    assert!(took < BOUND, "it took {took:?}");
}
