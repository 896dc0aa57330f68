//! The sandbox: nothing is granted, so nothing is there.

use airssys_wasm::capability::Policy;
use airssys_wasm_tests::{TestHost, code, workspace};

#[tokio::test]
async fn a_guest_sees_nothing_of_the_outside() {
    let test = TestHost::new().await;
    test.deploy("looks-around").await.unwrap();
    assert_eq!(test.call("looks-around", "").await.unwrap(), "");
}

#[tokio::test]
async fn what_a_component_asks_for_is_recorded() {
    let test = TestHost::with(|builder| builder.policy(everything())).await;
    let deployment = test.deploy("asks").await.unwrap();
    let requests: Vec<_> = deployment.release.requests.iter().collect();
    assert_eq!(
        requests,
        [("file-read", "/data"), ("network-outbound", "api.example.com")]
    );
    assert_eq!(test.call("asks", "upper").await.unwrap(), "UPPER");
}

#[tokio::test]
async fn one_call_waits_for_a_bounded_number_of_things() {
    let test = TestHost::new().await;
    test.deploy("polls-much").await.unwrap();
    assert_eq!(test.call("polls-much", "4000").await.unwrap(), "4000 100000 true");
    assert_eq!(code(test.call("polls-much", "4097").await), "limit-exceeded");
    assert_eq!(test.call("polls-much", "1").await.unwrap(), "1 100000 true");
}

fn everything() -> Policy {
    let place = workspace().join("docs/src");
    let text = format!(
        "policy-version = 1\n[[grant]]\nto = \"asks\"\nfile-read = [\"/data\"]\n\
         network-outbound = [\"api.example.com\"]\nmounts = {{ \"/data\" = \"{}\" }}\n",
        place.display()
    );
    Policy::parse(&text).unwrap()
}
