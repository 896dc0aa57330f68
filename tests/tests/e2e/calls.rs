//! Calls: messages in, answers and errors out.

use airssys_wasm::Error;
use airssys_wasm::component::{ComponentError, Failure, Message};
use airssys_wasm_tests::{TestHost, code, name};

#[tokio::test]
async fn a_message_goes_in_and_comes_out_whole() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let message = Message {
        content_type: "image/x-odd".into(),
        body: (0..=255).collect(),
        metadata: vec![("trace".into(), "abc".into()), ("other".into(), "def".into())],
    };
    let answer = test.host.call(&name("echo"), message.clone()).await.unwrap();
    assert_eq!(answer.content_type, message.content_type);
    assert_eq!(answer.body, message.body);
    assert_eq!(answer.metadata, [("trace".to_owned(), "abc".to_owned())]);
}

#[tokio::test]
async fn every_kind_of_error_reaches_the_caller() {
    let test = TestHost::new().await;
    test.deploy("fails").await.unwrap();
    let expect = async |input: &str, expected: ComponentError| {
        let error = test.call("fails", input).await.unwrap_err();
        assert!(error.is_guest_fault());
        match error {
            Error::Guest(error) => assert_eq!(error, expected),
            other => panic!("{other:?}"),
        }
    };
    expect("", ComponentError::InvalidInput("say which error".into())).await;
    expect("denied", ComponentError::Denied("not for you".into())).await;
    expect("unavailable", ComponentError::Unavailable("come back later".into())).await;
    let failure = Failure {
        code: "out-of-luck".into(),
        message: "nothing worked".into(),
    };
    expect("failed", ComponentError::Failed(failure)).await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_in_both_directions() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    test.deploy("answers-too-much").await.unwrap();
    let at_limit = vec![b'x'; 4 << 20];
    let answer = test
        .host
        .call(&name("echo"), Message::bytes(at_limit.clone()))
        .await
        .unwrap();
    assert_eq!(answer.body.len(), 4 << 20);
    let over = [at_limit, vec![b'x']].concat();
    assert_eq!(
        code(test.host.call(&name("echo"), Message::bytes(over)).await),
        "too-large"
    );
    assert_eq!(test.call("answers-too-much", "4").await.unwrap().len(), 4 << 20);
    let error = test.call("answers-too-much", "5").await.unwrap_err();
    assert!(
        error.is_guest_fault() || error.code().as_str() == "too-large",
        "{error:?}"
    );
}

#[tokio::test]
async fn the_plain_trait_works_like_the_macros() {
    let test = TestHost::new().await;
    let config = serde_json::json!({"greeting": "good day"}).as_object().unwrap().clone();
    test.deploy_as("plain-trait", "1.0.0", |package| package.config(config))
        .await
        .unwrap();
    assert_eq!(test.call("plain-trait", "world").await.unwrap(), "good day, world");
}

#[tokio::test]
async fn an_unknown_component_is_named_with_the_nearest() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    match test.call("ehco", "").await.unwrap_err() {
        Error::UnknownComponent { nearest, .. } => assert_eq!(nearest, Some(name("echo"))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_time_each_get_their_own_answer() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let calls = (0..50).map(|n| {
        let host = test.host.clone();
        tokio::spawn(async move { host.call(&name("echo"), Message::text(n.to_string())).await })
    });
    for (n, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap().to_text(), n.to_string());
    }
    let status = test.host.status();
    assert!((1..=8).contains(&status[0].instances), "{}", status[0].instances);
    assert_eq!(status[0].in_flight, 0);
}
