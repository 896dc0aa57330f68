//! The harness: the same case gives the same bytes, and what differs is told.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use airssys_wasm::Compiler;
use airssys_wasm::capability::Policy;
use airssys_wasm::testing::{Case, Component, Error, Outcome, Verdict};
use airssys_wasm_tests::{guest, guest_path, own_compiler, program};

use crate::upgrade::with_manifest;

/// Runs a case of this text, as if it was in `folder`.
async fn run_in(folder: &Path, guest_name: &str, text: &str) -> Outcome {
    let component = Component::new(guest(guest_name)).unwrap();
    let case = Case::parse(folder.join("it.toml"), &format!("case-version = 1\n{text}")).unwrap();
    component.run(&case).await.unwrap()
}

async fn run(guest_name: &str, text: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), guest_name, text).await
}

fn verdicts(outcome: &Outcome) -> Vec<Verdict> {
    outcome.calls.iter().map(|call| call.verdict).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_case_gives_the_same_bytes_on_every_run() {
    const CASE: &str = "case-version = 1\nseed = 7\n[[call]]\nmessage = \"\"\n[[call]]\nmessage = \"\"\n";
    let component = Component::new(guest("shows-chance")).unwrap();
    let other = Component::new(guest("shows-chance")).unwrap();
    let case = |text: &str| Case::parse("nowhere/it.toml", text).unwrap();
    let mut cases: Vec<Case> = (0..8).map(|_| case(CASE)).collect();
    cases.push(case(&CASE.replace("seed = 7", "seed = 8")));
    let texts = async |component: &Component, cases| {
        let outcomes = component.run_all(cases).await.into_iter();
        let snapshot = |outcome: Result<Outcome, _>| outcome.unwrap().snapshot.unwrap().new;
        outcomes.map(snapshot).collect::<Vec<String>>()
    };
    let mut found = texts(&component, cases).await;
    let another_seed = found.pop().unwrap();
    found.extend(texts(&other, vec![case(CASE)]).await);
    assert!(found.iter().all(|text| *text == found[0]), "{found:#?}");
    assert_ne!(another_seed, found[0]);

    let lines: Vec<&str> = found[0].lines().map(str::trim).collect();
    assert!(lines.contains(&"wall 1767225600000000000"), "{lines:?}");
    assert!(lines.contains(&"elapsed 1000000"), "{lines:?}");
    // The second call of an instance gets other randomness than the first.
    let random: Vec<_> = lines.iter().filter(|line| line.starts_with("random ")).collect();
    assert!(random.len() == 2 && random[0] != random[1], "{random:?}");
    // Every source of randomness has a stream of its own.
    let number = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word)).unwrap();
    assert_ne!(number("random "), number("insecure "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_compared_with_what_the_case_says() {
    let outcome = run(
        "echo",
        r#"
        [[call]]
        message = "hello"
        expect = "hello"
        [[call]]
        message = { json = { n = 1 }, metadata = { trace = "t-1" } }
        expect = { json = { n = 1 }, content-type = "application/json" }
        [[call]]
        message = { base64 = "/wA=", content-type = "image/png" }
        expect = { base64 = "/wA=" }
        [[call]]
        message = "hello"
        expect = "goodbye"
        [[call]]
        message = "hello"
        expect-error = "trap"
        "#,
    )
    .await;
    use Verdict::{Failed, Passed};
    assert_eq!(verdicts(&outcome), [Passed, Passed, Passed, Failed, Failed]);
    assert_eq!(outcome.verdict, Failed);
    let difference = outcome.calls[3].difference.as_ref().unwrap();
    assert_eq!((&*difference.expected, &*difference.actual), ("goodbye", "hello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_denials_and_traps_are_expected_by_name() {
    let denied = "[[call]]\nmessage = \"denied\"\nexpect-denied = \"not for\"\n\
                  [[call]]\nmessage = \"failed\"\nexpect-error = { code = \"guest-error\", contains = \"out-of-luck\" }\n";
    assert!(run("fails", denied).await.is_passed());

    let trapping = "[[call]]\nmessage = \"x\"\n[[call]]\nmessage = \"be kind\"\nexpect = \"survived\"\n";
    let outcome = run("traps", trapping).await;
    assert_eq!(verdicts(&outcome), [Verdict::New, Verdict::Passed]);
    let trap = outcome.calls[0].answer.to_string();
    assert!(
        trap.starts_with("error trap\n") && trap.contains("traps::check_kindness"),
        "{trap}"
    );
    let said: Vec<&str> = outcome.calls[0].output.iter().map(|line| line.text.as_str()).collect();
    assert!(said.iter().any(|line| line.contains("told to panic")), "{said:?}");
    assert!(outcome.calls[1].output.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_does_not_start_is_told_or_expected() {
    let outcome = run("init-fails", "[[call]]\nmessage = \"\"\n").await;
    assert_eq!((outcome.verdict, outcome.calls.len()), (Verdict::Failed, 0));
    let start = outcome.start.unwrap();
    assert!(start.actual.starts_with("error guest-error\n"), "{}", start.actual);
    assert!(
        outcome.snapshot.is_none(),
        "answers that were not given are no snapshot"
    );

    let expected = "expect-start-error = { code = \"guest-error\", contains = \"accept\" }\n";
    assert!(run("init-fails", expected).await.is_passed());
    let accepted = format!("{expected}[config]\ninit = \"accept\"\n");
    let outcome = run("init-fails", &accepted).await;
    assert_eq!(outcome.start.unwrap().actual, "it started");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_state_of_its_own() {
    let counting = "[[call]]\nmessage = \"\"\nexpect = \"1\"\n[[call]]\nmessage = \"\"\nexpect = \"2\"\n";
    for _ in 0..2 {
        let outcome = run("counter", counting).await;
        assert!(outcome.is_passed(), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn granted_directories_are_copies() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("in/a", "one"), ("in/b", "two"), ("out/old", "three")] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let case = r#"
        [grants]
        file-read = { "/data" = "in" }
        file-write = { "/out" = "out" }
        [[call]]
        message = "list /data"
        expect = "a b"
        [[call]]
        message = "read /data/a"
        expect = "one"
        [[call]]
        message = "changed /data/a"
        expect = "1767225600"
        [[call]]
        message = "write /data/a"
        expect-denied = ""
        [[call]]
        message = "read /data/../out/old"
        expect-denied = ""
        [[call]]
        message = "write /out/new"
        expect = "written"
        [[call]]
        message = "list /out"
        expect = "new old"
        [[call]]
        message = "read /etc/passwd"
        expect-denied = ""
    "#;
    for _ in 0..2 {
        let outcome = run_in(folder.path(), "uses-files", case).await;
        assert!(outcome.is_passed(), "{:#?}", outcome.calls);
    }
    assert!(!folder.path().join("out/new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rust_test_calls_a_component_by_itself() {
    let component = Component::new(guest("shows-chance")).unwrap();
    let start = || component.start().seed(3).clock("2030-01-01T00:00:00Z".parse().unwrap());
    let (mut one, mut two) = (start().build().await.unwrap(), start().build().await.unwrap());
    let answers = [one.call("").await.to_string(), two.call("").await.to_string()];
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].contains("wall 1893456000000000000"), "{}", answers[0]);
    let said: Vec<String> = one.output().into_iter().map(|line| line.text).collect();
    assert_eq!(said, ["shown"]);
    assert!(one.shutdown().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_of_a_components_own_are_called_too() {
    let calls = r#"
        [[call]]
        invoke = "add(1, 2)"
        expect = "3"
        [[call]]
        invoke = "add"
        json = [1, 2]
        expect = { json = 3 }
        [[call]]
        invoke = "add"
        json = { a = 20, b = 3 }
        expect = "24"
        [[call]]
        invoke = "add(40, 2)"
        [[call]]
        invoke = "ad(1, 2)"
        expect-error = "unknown-export"
    "#;
    let outcome = run("own-exports", calls).await;
    use Verdict::{Failed, New, Passed};
    assert_eq!(
        verdicts(&outcome),
        [Passed, Passed, Failed, New, Passed],
        "{:#?}",
        outcome.calls
    );
    let snapshot = outcome.snapshot.unwrap().new;
    assert!(snapshot.ends_with("\ncall 4: invoke add(40, 2)\n  42\n"), "{snapshot}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_can_be_compiled_by_another_process() {
    let component = Component::compiled_by(guest("echo"), own_compiler()).await.unwrap();
    let mut echo = component.start().build().await.unwrap();
    assert_eq!(echo.call("hello").await.to_string(), "hello");
    let missing = Compiler::Process("/nowhere/compiler".into());
    let error = Component::compiled_by(guest("echo"), missing).await.unwrap_err();
    let Error::Host(error) = error else { panic!("{error}") };
    assert_eq!(error.code().as_str(), "compiler-unavailable");
}

/// The program is interrupted when the case has begun: then there are the copy of its folder and the host's own.
#[test]
fn an_interrupted_test_leaves_no_folders() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["temporary", "tests/cases/data"] {
        fs::create_dir_all(at(path)).unwrap();
    }
    let case = "case-version = 1\n[grants]\nfile-read = { \"/data\" = \"data\" }\n[[call]]\nmessage = \"\"\n";
    fs::write(at("tests/cases/endless.toml"), case).unwrap();
    let mut program = Command::new(program("airssys-wasm"));
    let program = program.arg("test").arg(guest_path("loops-forever")).arg("--quiet");
    let program = program.current_dir(folder.path()).env("TMPDIR", at("temporary"));
    let mut child = program.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let folders = || fs::read_dir(at("temporary")).unwrap().count();
    while folders() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        std::thread::yield_now();
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(folders(), 0);
}

#[tokio::test]
async fn directories_of_a_policy_are_not_there_in_a_test() {
    let folder = tempfile::tempdir().unwrap();
    for place in ["in", "outside"] {
        fs::create_dir(folder.path().join(place)).unwrap();
        fs::write(folder.path().join(place).join(place), "").unwrap();
    }
    let outside = folder.path().join("outside");
    let policy = format!(
        "policy-version = 1\n[[grant]]\nto = \"*\"\nfile-read = [\"/data/**\", \"/other/**\"]\n\
         mounts = {{ \"/data\" = {outside:?}, \"/other\" = {outside:?} }}\n"
    );
    let asking = with_manifest(
        "uses-files",
        "[capabilities]\nfile-read = [\"/data/**\", \"/other/**\"]\n",
    );
    let component = Component::new(asking).unwrap().under(Policy::parse(&policy).unwrap());
    let text = r#"
        [grants]
        file-read = { "/data" = "in" }
        [[call]]
        message = "list /data"
        expect = "in"
        [[call]]
        message = "list /other"
        expect-denied = ""
    "#;
    let case = Case::parse(folder.path().join("it.toml"), &format!("case-version = 1\n{text}")).unwrap();
    let outcome = component.run(&case).await.unwrap();
    assert_eq!(verdicts(&outcome), [Verdict::Passed, Verdict::Passed], "{outcome:#?}");
}
