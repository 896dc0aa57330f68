//! What components write and log is kept, and can be read.

use airssys_wasm::component::Message;
use airssys_wasm::observe::{LogEntry, LogReader, Logged};
use airssys_wasm_tests::{TestHost, name};

fn kept(test: &TestHost, component: &str) -> Vec<String> {
    let entries = LogReader::new(test.folder.path(), &name(component)).kept().unwrap();
    let said = |entry: LogEntry| match entry.logged {
        Logged::Line { stream, level, line } => match level {
            Some(level) => format!("{} {line}", level.as_str()),
            None => format!("{stream:?} {line}"),
        },
        Logged::Cut { cut_bytes } => format!("cut {cut_bytes}"),
        other => format!("{other:?}"),
    };
    entries.into_iter().map(said).collect()
}

#[tokio::test]
async fn output_and_logs_are_kept_with_their_levels() {
    let test = TestHost::new().await;
    test.deploy("logs-lines").await.unwrap();
    test.call("logs-lines", "a\u{1b}[2J\n{\"level\":\"fake\"}")
        .await
        .unwrap();
    test.host.shutdown().await.unwrap();
    let mut expected: Vec<String> = Vec::new();
    for level in ["trace", "debug", "info", "warn", "error", "critical"] {
        expected.push(format!("{level} greeting: a\\u{{1b}}[2J"));
        expected.push(format!("{level} greeting: {{\"level\":\"fake\"}}"));
    }
    expected.push("Output out a\\u{1b}[2J".into());
    expected.push("Output {\"level\":\"fake\"}".into());
    expected.push("Error err a\\u{1b}[2J".into());
    expected.push("Error {\"level\":\"fake\"}".into());
    assert_eq!(kept(&test, "logs-lines"), expected);
}

#[tokio::test]
async fn a_flood_is_cut_with_a_count() {
    let test = TestHost::new().await;
    test.deploy("floods-output").await.unwrap();
    let _ = test.host.call(&name("floods-output"), Message::text("")).await;
    test.host.shutdown().await.unwrap();
    let kept = kept(&test, "floods-output");
    assert!(kept.iter().any(|line| line.starts_with("cut ")), "{:?}", kept.last());
    let bytes: usize = kept.iter().map(String::len).sum();
    assert!(bytes < 1 << 20, "{bytes}");
}
