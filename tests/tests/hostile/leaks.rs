//! What must not come out: secrets in errors and events, and lines of logs that pass for something else.
//!
//! That a guest finds no variable, argument, file or address is `e2e sandbox`.

use airssys_wasm::component::{Message, Package};
use airssys_wasm::observe::LogReader;
use airssys_wasm_tests::{TestHost, guest, name};

use crate::turn::Turn;

/// What an operator has configured, and nobody else may read.
const CANARY: &str = "hunter2-canary";

#[tokio::test]
async fn a_secret_of_the_configuration_is_in_no_error_event_or_record() {
    let _turn = Turn::together();
    let config = |init: &str| {
        let config = serde_json::json!({ "token": CANARY, "nested": { "password": CANARY }, "init": init });
        config.as_object().unwrap().clone()
    };
    let test = TestHost::new().await;
    for init in ["panic", "refuse"] {
        let package = Package::new(guest("init-fails"))
            .name(name("init-fails"))
            .config(config(init));
        let error = test.host.deploy(package).await.unwrap_err();
        let mut text = format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap());
        let mut source = std::error::Error::source(&error);
        while let Some(reason) = source {
            text.push_str(&reason.to_string());
            source = reason.source();
        }
        assert!(!text.contains(CANARY), "{init}: {text}");
    }
    let package = Package::new(guest("init-fails"))
        .name(name("init-fails"))
        .config(config("accept"));
    test.host.deploy(package).await.unwrap();
    assert_eq!(test.call("init-fails", "").await.unwrap(), "accepted");
    let events = format!("{:?}", test.events());
    assert!(!events.contains(CANARY), "{events}");
    let history = test.host.history(&name("init-fails")).await.unwrap();
    let history = serde_json::to_string(&history).unwrap();
    assert!(!history.contains(CANARY), "{history}");
    let status = serde_json::to_string(&test.host.status()).unwrap();
    assert!(
        !status.contains(&format!("password\":\"{CANARY}")) || status.contains("config"),
        "{status}"
    );
}

/// Lines that pass for others, or steer whatever shows them.
const LINES: &[&str] = &[
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{9b}2J",
    "\u{202e}txt.exe",
    "\u{2028}{\"at\":\"2026-01-01T00:00:00Z\"}",
    "\0\u{1}\u{7f}",
    "{\"at\":\"2026-01-01T00:00:00Z\",\"stream\":\"output\",\"line\":\"forged\"}",
    "\"}\n{\"at\":\"2026-01-01T00:00:00Z\",\"stream\":\"log\",\"level\":\"critical\",\"line\":\"forged\"}\n",
    "\\u001b[2J",
    "\u{feff}",
    "\u{10ffff}",
];

#[tokio::test]
async fn a_line_of_a_log_is_one_line_and_steers_nothing() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    test.deploy("logs-lines").await.unwrap();
    for line in LINES {
        test.call("logs-lines", line).await.unwrap();
    }
    // Bytes that are no text, and a letter that is cut by every bound there may be.
    let broken = Message::bytes([0xff, 0xfe, 0xf0, 0x9f]);
    test.host.call(&name("logs-lines"), broken).await.unwrap();
    test.call("logs-lines", &format!("x{}", "\u{1f600}".repeat(20_000)))
        .await
        .unwrap();
    test.host.shutdown().await.unwrap();

    let file = test.folder.path().join("logs/logs-lines.jsonl");
    let kept = std::fs::read(file).unwrap();
    let kept = String::from_utf8(kept).expect("it is text");
    assert!(kept.ends_with('\n'));
    let steers = |letter: char| letter.is_control() && letter != '\n';
    assert!(!kept.contains(steers), "{kept:?}");
    let lines = kept.trim_end_matches('\n').split('\n').count();
    let entries = LogReader::new(test.folder.path(), &name("logs-lines")).kept().unwrap();
    assert_eq!(entries.len(), lines, "every line is an entry");
    for entry in &entries {
        let text = serde_json::to_value(entry).unwrap();
        let line = text["line"].as_str().unwrap_or("");
        assert!(
            !line.contains(|letter: char| letter.is_control() && letter != '\t'),
            "{line:?}"
        );
        assert!(!line.contains(['\u{202e}', '\u{2028}']), "{line:?}");
        assert_ne!(line, "forged");
    }
    // The same in what is told while it happens.
    let told = test.events().into_iter().filter_map(|event| match event {
        airssys_wasm::Event::Output { line, .. } => Some(line),
        _ => None,
    });
    for line in told {
        assert!(!line.contains(['\n', '\r']), "{line:?}");
    }
}

#[tokio::test]
async fn what_a_guest_says_of_its_failure_passes_for_nobody_elses_words() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    test.deploy("fails").await.unwrap();
    let error = test.call("fails", "forged").await.unwrap_err();
    assert_eq!(error.code().as_str(), "guest-error");
    let shown = airssys_wasm::printable_line(&error.to_string());
    assert!(!shown.contains(['\n', '\u{202e}']), "{shown:?}");
}
