//! WASI commands: standard input and output, exit status.

use airssys_wasm::{Error, Event};
use airssys_wasm_tests::{TestHost, code};

#[tokio::test]
async fn a_command_reads_its_input_and_writes_its_output() {
    let test = TestHost::new().await;
    test.deploy("command").await.unwrap();
    assert_eq!(test.call("command", "hello").await.unwrap(), "HELLO");
    assert_eq!(test.call("command", "").await.unwrap(), "");
    let said = |event: &Event| matches!(event, Event::Output { error: true, line, .. } if line == "said it");
    assert_eq!(test.events().iter().filter(|event| said(event)).count(), 2);
}

#[tokio::test]
async fn an_exit_status_is_an_error_unless_it_is_zero() {
    let test = TestHost::new().await;
    test.deploy("command").await.unwrap();
    assert_eq!(test.call("command", "exit 0").await.unwrap(), "");
    match test.call("command", "exit 3").await.unwrap_err() {
        // WASI 0.2 tells only success and failure.
        Error::Exit { status } => assert!(status != 0),
        other => panic!("{other:?}"),
    }
    assert_eq!(test.call("command", "again").await.unwrap(), "AGAIN");
}

#[tokio::test]
async fn output_over_the_limit_is_an_error() {
    let test = TestHost::new().await;
    test.deploy("command").await.unwrap();
    assert_eq!(test.call("command", "repeat 4194304").await.unwrap().len(), 4 << 20);
    assert_eq!(code(test.call("command", "repeat 4194305").await), "too-large");
}
