//! How much of the network a component may use.

use airssys_wasm::Event;
use airssys_wasm::component::Limit;

use super::set_up::{Net, Server, ok, wanted};

fn told(net: &Net) -> Vec<Limit> {
    let events = net.test.events().into_iter();
    let limits = events.filter_map(|event| match event {
        Event::LimitReached { limit, .. } => Some(limit),
        _ => None,
    });
    limits.collect()
}

#[tokio::test]
async fn requests_begin_no_faster_than_their_rate() {
    let server = Server::new(ok("hello")).await;
    let granted = wanted(&[&server.pattern()]).limits("outbound-requests = 2");
    let net = Net::new("requests-http", granted).await;
    let mut refused = 0;
    for _ in 0..20 {
        match net.run(&format!("GET http {} /", server.address)).await.as_str() {
            "error ErrorCode::ConnectionLimitReached" => refused += 1,
            answer => assert!(answer.starts_with("200"), "{answer}"),
        }
    }
    // Two at once, and two more for each second that this takes.
    assert!((1..=18).contains(&refused), "{refused}");
    assert_eq!(server.seen().len(), 20 - refused);
    assert_eq!(told(&net), [Limit::OutboundRequests]);
}

#[tokio::test]
async fn names_are_looked_up_no_faster_than_their_rate() {
    let granted = wanted(&["http://api.test:80"])
        .name("api.test", &[&["10.0.0.1"]])
        .limits("name-lookups = 2");
    let net = Net::new("requests-http", granted).await;
    for expected in [
        "error ErrorCode::DestinationIpProhibited",
        "error ErrorCode::DestinationIpProhibited",
        "error ErrorCode::ConnectionLimitReached",
    ] {
        assert_eq!(net.run("GET http api.test:80 /").await, expected);
    }
    assert_eq!(net.asked.lock().unwrap().len(), 2);
    assert_eq!(told(&net), [Limit::NameLookups]);
}

#[tokio::test]
async fn bytes_go_until_they_are_used_up() {
    let server = Server::new(ok("hello")).await;
    let granted = wanted(&[&server.pattern()]).limits("outbound-bytes = \"1KiB\"");
    let net = Net::new("requests-http", granted).await;
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.push(net.run(&format!("GET http {} /", server.address)).await);
    }
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.starts_with("200"));
    assert!(!good.is_empty() && good.len() < 20, "{answers:?}");
    let code = "error ErrorCode::ConnectionLimitReached";
    assert!(
        refused.iter().filter(|answer| **answer == code).count() > 10,
        "{refused:?}"
    );
    assert_eq!(told(&net), [Limit::OutboundBytes]);
}
