//! What names lead to: public addresses, and those that are granted themselves.

use airssys_wasm::capability::Refusal;

use super::set_up::{Canary, Net, Server, ok, wanted};

const OUTBOUND: &str = "network-outbound";

#[tokio::test]
async fn a_name_that_leads_to_this_machine_leads_nowhere() {
    let canary = Canary::new();
    let pattern = format!("http://api.test:{}", canary.port());
    let granted = wanted(&[&pattern]).name("api.test", &[&["127.0.0.1", "::1"]]);
    let net = Net::new("requests-http", granted).await;
    let said = net.run(&format!("GET http api.test:{} /", canary.port())).await;
    assert_eq!(said, "error ErrorCode::DestinationIpProhibited");
    net.assert_denied(OUTBOUND, &pattern, Refusal::LeadsElsewhere);
    canary.assert_untouched();
}

#[tokio::test]
async fn a_name_leads_to_no_address_that_is_not_public() {
    let canary = Canary::on("0.0.0.0:0");
    let port = canary.port();
    let addresses = [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.1.2.3",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
    ];
    let lists: Vec<[&str; 1]> = addresses.iter().map(|&address| [address]).collect();
    let answers: Vec<&[&str]> = lists.iter().map(|list| &list[..]).collect();
    let granted = wanted(&[&format!("http://api.test:{port}")]).name("api.test", &answers);
    let net = Net::new("requests-http", granted).await;
    for address in addresses {
        let said = net.run(&format!("GET http api.test:{port} /")).await;
        assert_eq!(said, "error ErrorCode::DestinationIpProhibited", "{address}");
    }
    assert_eq!(net.asked.lock().unwrap().len(), addresses.len());
    assert_eq!(net.denied()[0].2, Refusal::LeadsElsewhere);
    canary.assert_untouched();
}

#[tokio::test]
async fn a_name_leads_to_addresses_that_are_granted_themselves() {
    let (canary, server) = (Canary::on("127.0.0.3:0"), Server::new(ok("found")).await);
    let port = server.port();
    let patterns = [format!("http://api.test:{port}"), format!("http://127.0.0.0/30:{port}")];
    // Of mixed answers those remain that may be used, and an answer in another form is the same address.
    let granted = wanted(&[&patterns[0], &patterns[1]]);
    let granted = granted.name("api.test", &[&["10.0.0.1", "::1", "::ffff:127.0.0.1"], &["127.0.0.9"]]);
    let net = Net::new("requests-http", granted).await;
    let script = format!("GET http api.test:{port} /");
    assert!(net.run(&script).await.ends_with("found"));
    assert_eq!(net.denied(), []);
    // Asked again, the name leads elsewhere.
    assert_eq!(net.run(&script).await, "error ErrorCode::DestinationIpProhibited");
    net.assert_denied(OUTBOUND, &patterns[0], Refusal::LeadsElsewhere);
    // Each request asked once.
    assert_eq!(*net.asked.lock().unwrap(), ["api.test", "api.test"]);
    assert_eq!(server.seen().len(), 1);
    canary.assert_untouched();
}

#[tokio::test]
async fn another_port_of_an_address_is_another_grant() {
    let canary = Canary::new();
    let port = canary.port();
    // The address is granted for another port and another scheme, the name for this one.
    let patterns = [
        format!("http://api.test:{port}"),
        "http://127.0.0.1:1".into(),
        format!("tcp://127.0.0.1:{port}"),
    ];
    let granted = wanted(&[&patterns[0], &patterns[1], &patterns[2]]).name("api.test", &[&["127.0.0.1"]]);
    let net = Net::new("requests-http", granted).await;
    let said = net.run(&format!("GET http api.test:{port} /")).await;
    assert_eq!(said, "error ErrorCode::DestinationIpProhibited");
    canary.assert_untouched();
}

#[tokio::test]
async fn localhost_is_this_machine_and_nothing_else() {
    let server = Server::new(ok("here")).await;
    let port = server.port();
    let granted = wanted(&[&format!("http://localhost:{port}")]);
    let granted = granted.name(
        "localhost",
        &[&["127.0.0.1"], &["10.0.0.1", "1.1.1.1", "2606:4700:4700::1111"]],
    );
    let net = Net::new("requests-http", granted).await;
    let script = format!("GET http localhost:{port} /");
    assert!(net.run(&script).await.ends_with("here"));
    assert!(server.seen()[0].contains(&format!("host: localhost:{port}\r\n")));
    assert_eq!(net.run(&script).await, "error ErrorCode::DestinationIpProhibited");
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_an_error_and_no_denial() {
    let granted = wanted(&["http://nobody.test:80", "http://empty.test:80"]).name("empty.test", &[&[]]);
    let net = Net::new("requests-http", granted).await;
    for name in ["nobody.test", "empty.test"] {
        let said = net.run(&format!("GET http {name} /")).await;
        assert!(said.starts_with("error ErrorCode::DnsError"), "{said}");
    }
    assert_eq!(net.denied(), []);
}

#[tokio::test]
async fn the_next_address_is_used_when_the_first_takes_no_connection() {
    let server = Server::new(ok("found")).await;
    let port = server.port();
    let granted = wanted(&[
        &format!("http://api.test:{port}"),
        &format!("http://127.0.0.0/8:{port}"),
    ]);
    let granted = granted.name("api.test", &[&["127.0.0.2", "127.0.0.1"]]);
    let net = Net::new("requests-http", granted).await;
    assert!(net.run(&format!("GET http api.test:{port} /")).await.ends_with("found"));
}

#[tokio::test]
async fn names_are_looked_up_as_far_as_they_are_granted() {
    let granted = wanted(&["tcp://db.test:5432", "tcp://10.0.0.0/8:5432", "tcp://localhost:1"]);
    let granted = granted
        .name(
            "db.test",
            &[
                &["1.1.1.1", "10.1.2.3", "192.168.0.1", "::1", "1.1.1.1"],
                &["127.0.0.1"],
            ],
        )
        .name("localhost", &[&["127.0.0.1", "::1", "8.8.8.8"]]);
    let net = Net::new("uses-sockets", granted).await;
    let check = async |name: &str, expected: &str| {
        assert_eq!(net.run(&format!("resolve {name}")).await, expected, "{name}");
    };
    check("db.test", "1.1.1.1 10.1.2.3").await;
    // Rebound, it leads nowhere.
    check("DB.test.", "error access-denied").await;
    net.assert_denied(OUTBOUND, "tcp://db.test:*", Refusal::LeadsElsewhere);
    check("localhost", "127.0.0.1 ::1").await;
    check("10.9.9.9", "10.9.9.9").await;
    check("127.0.0.1", "error access-denied").await;
    check("other.test", "error access-denied").await;
    check("x.db.test", "error access-denied").await;
    check("127.1", "error invalid-argument").await;
    check("dÿ.test", "error invalid-argument").await;
    assert_eq!(*net.asked.lock().unwrap(), ["db.test", "db.test", "localhost"]);
    assert!(
        net.denied()
            .contains(&(OUTBOUND.into(), "tcp://other.test:*".into(), Refusal::NotAsked))
    );
}

#[tokio::test]
async fn a_rebound_name_does_not_open_this_machine() {
    let canary = Canary::new();
    let port = canary.port();
    let granted = wanted(&[&format!("tcp://db.test:{port}")]);
    let granted = granted.name("db.test", &[&["1.1.1.1"], &["127.0.0.1"]]);
    let net = Net::new("uses-sockets", granted).await;
    let script = format!("resolve db.test\nresolve db.test\ntcp 127.0.0.1:{port} x");
    let denied = "error access-denied";
    assert_eq!(net.run(&script).await, format!("1.1.1.1\n{denied}\n{denied}"));
    canary.assert_untouched();
}
