//! `airssys:host/process`: what an operator has defined and granted can be run, and nothing else.

use airssys_wasm::Event;
use airssys_wasm::capability::{Policy, Refusal};
use airssys_wasm::component::Manifest;
use airssys_wasm_tests::TestHost;

const POLICY: &str = r#"
policy-version = 1
[[grant]]
to = "runs-commands"
system-call = ["upper", "undefined", "fails"]
[system-calls.upper]
program = "/usr/bin/tr"
arguments = ["a-z", "A-?"]
[system-calls.fails]
program = "/bin/false"
[system-calls.secret]
program = "/bin/cat"
arguments = ["*"]
"#;

async fn host(asked: &str) -> TestHost {
    let test = TestHost::with(|builder| builder.policy(Policy::parse(POLICY).unwrap())).await;
    let manifest = format!("manifest-version = 1\n[capabilities]\nsystem-call = {asked}\n");
    let manifest = Manifest::parse(&manifest).unwrap();
    test.deploy_as("runs-commands", "1.0.0", |package| package.manifest(manifest))
        .await
        .unwrap();
    test
}

#[tokio::test]
async fn what_is_granted_runs_as_it_is_defined() {
    let test = host(r#"["upper", "undefined", "fails"]"#).await;
    let check = async |call: &str, expected: &str| {
        assert_eq!(test.call("runs-commands", call).await.unwrap(), expected);
    };
    check("upper\na-z\nA-Z\n\nhello", r#"0 "HELLO" """#).await;
    check("fails", r#"1 "" """#).await;
    check(
        "upper\na-z\n/etc/passwd",
        r#"ProcessError::InvalidArguments("argument 2 does not fit its pattern")"#,
    )
    .await;
    check(
        "upper",
        r#"ProcessError::InvalidArguments("it takes 2 arguments, and got 0")"#,
    )
    .await;
    check(
        "undefined",
        r#"ProcessError::Unknown("the operator has defined no such system call")"#,
    )
    .await;
}

#[tokio::test]
async fn what_is_not_granted_or_not_asked_for_does_not_run() {
    let test = host(r#"["fails"]"#).await;
    let denied = r#"ProcessError::Denied("it is not granted to this component")"#;
    for name in ["upper\na-z\nA-Z", "secret\n/etc/passwd", "", "*", "fails\u{0}", "FAILS"] {
        assert_eq!(test.call("runs-commands", name).await.unwrap(), denied, "{name}");
    }
    let told = test.events().into_iter().filter_map(|event| match event {
        Event::Denied { pattern, refusal, .. } => Some((pattern, refusal)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told[0], ("upper".into(), Refusal::NotAsked));
    assert_eq!(told[1], ("secret".into(), Refusal::NotAsked));
    assert_eq!(told.len(), 6);
}
