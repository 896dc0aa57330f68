//! The log that real components have left, with every byte changed and cut at every byte.

use std::path::Path;

use airssys_wasm::audit::{Expected, PublicKey, key_files, verify_files};
use airssys_wasm::component::Message;
use airssys_wasm::{Host, RollbackOptions};
use airssys_wasm_tests::{TestHost, name};

/// The name of the only file of a short log.
const FILE: &str = "00000000000000000001.jsonl";

/// The log of a host with a component that misbehaves, and what is known of it elsewhere.
async fn written() -> (Vec<u8>, Expected) {
    let test = TestHost::new().await;
    test.deploy("looks-around").await.unwrap();
    test.deploy_as("looks-around", "1.1.0", |package| package)
        .await
        .unwrap();
    let _ = test
        .host
        .call(&name("looks-around"), Message::text("/etc/passwd"))
        .await;
    test.host
        .rollback(&name("looks-around"), &RollbackOptions::default())
        .await
        .unwrap();
    test.host.audit_checkpoint().await.unwrap();
    test.host.shutdown().await.unwrap();
    let folder = test.folder.clone();
    drop(test);
    let bytes = std::fs::read(folder.path().join("audit").join(FILE)).unwrap();
    (bytes, expected(folder.path()).await)
}

async fn expected(state: &Path) -> Expected {
    let mut expected = Expected::default();
    expected.recorded = Host::recorded_audit(state).await.unwrap();
    let origin = &expected.recorded.as_ref().unwrap().origin;
    expected.key = Some(PublicKey::read(&key_files(&state.join("cache.key"), origin).1).unwrap());
    expected
}

fn is_intact(bytes: Vec<u8>, expected: &Expected) -> bool {
    verify_files([(FILE.to_owned(), Ok(bytes))], expected).is_intact()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_byte_and_every_cut_of_a_log_is_found() {
    let (bytes, expected) = written().await;
    assert!(is_intact(bytes.clone(), &expected));
    assert!(bytes.len() > 2_000 && bytes.len() < 16_000, "{}", bytes.len());
    for at in 0..bytes.len() {
        // The lowest bit, the case of a letter, what is no text any more, and what ends a line.
        let changes = [bytes[at] ^ 1, bytes[at] ^ 0x20, bytes[at] ^ 0x80, b'\n'].into_iter();
        for other in changes.filter(|other| *other != bytes[at]) {
            let mut changed = bytes.clone();
            changed[at] = other;
            assert!(!is_intact(changed, &expected), "{other} at {at}");
        }
        assert!(!is_intact(bytes[..at].to_vec(), &expected), "cut at {at}");
        let mut without = bytes.clone();
        without.remove(at);
        assert!(!is_intact(without, &expected), "without {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_log_at_all_is_said_and_ends_nothing() {
    let (bytes, expected) = written().await;
    let hostile: [Vec<u8>; 7] = [
        Vec::new(),
        vec![b'\n'; 1_000],
        vec![0; 100_000],
        vec![b'['; 1_000_000],
        [&b"{\"seq\":18446744073709551615}\n"[..], &bytes].concat(),
        [&bytes[..], &vec![b'x'; 1 << 20]].concat(),
        bytes.iter().rev().copied().collect(),
    ];
    for (index, log) in hostile.into_iter().enumerate() {
        let found = verify_files([(FILE.to_owned(), Ok(log))], &expected);
        assert!(!found.is_intact() && found.problems.len() <= 110, "{index}");
    }
    for name in [
        "",
        "x",
        "99999999999999999999.jsonl",
        "18446744073709551615.jsonl",
        "\u{1b}[2J.jsonl",
    ] {
        let found = verify_files([(name.to_owned(), Ok(bytes.clone()))], &expected);
        assert!(!found.is_intact(), "{name}");
        assert!(
            found
                .problems
                .iter()
                .all(|problem| !problem.to_string().contains('\u{1b}'))
        );
    }
}
