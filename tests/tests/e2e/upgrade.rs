//! Tests of an upgrade: what a case shows of two releases, and what callers see who go on meanwhile.

use airssys_wasm::capability::Policy;
use airssys_wasm::component::MANIFEST_SECTION;
use airssys_wasm::testing::{Case, Component, Error, Fate, Upgrade, UpgradeOutcome, Verdict};
use airssys_wasm_tests::{edition, guest};

/// Three calls of a counter.
const THREE: &str = r#"
    [[call]]
    message = ""
    expect = "1"
    [[call]]
    message = ""
    expect = "2"
    [[call]]
    message = ""
    expect = "3"
"#;

/// One call that is echoed.
const HELLO: &str = "[[call]]\nmessage = \"hello\"\nexpect = \"hello\"\n";

async fn upgrade(old: Vec<u8>, new: Vec<u8>) -> Result<Upgrade, Error> {
    let old = Component::new(old).unwrap();
    let new = old.successor(new).await.unwrap();
    Upgrade::new(old, new).await
}

/// What a case of this text shows of the upgrade from one guest to another.
async fn run(old: Vec<u8>, new: Vec<u8>, text: &str) -> UpgradeOutcome {
    let folder = tempfile::tempdir().unwrap();
    let case = Case::parse(folder.path().join("it.toml"), &format!("case-version = 1\n{text}")).unwrap();
    upgrade(old, new).await.unwrap().run(&case).await.unwrap()
}

/// A guest that carries this manifest.
pub(crate) fn with_manifest(guest_name: &str, manifest: &str) -> Vec<u8> {
    let mut bytes = guest(guest_name);
    let data = format!("manifest-version = 1\n{manifest}");
    let (name, size) = (MANIFEST_SECTION, MANIFEST_SECTION.len() + 1 + data.len());
    // The size in LEB128, of two bytes.
    bytes.extend([0, (size & 0x7f) as u8 | 0x80, u8::try_from(size >> 7).unwrap()]);
    bytes.push(u8::try_from(name.len()).unwrap());
    bytes.extend(name.bytes().chain(data.bytes()));
    bytes
}

fn verdicts(outcome: &UpgradeOutcome) -> Vec<Verdict> {
    outcome.judged().map(|call| call.verdict).collect()
}

/// The answers after the upgrade, and those after the rollback.
fn answers(outcome: &UpgradeOutcome) -> [Vec<String>; 2] {
    [&outcome.upgraded, &outcome.back].map(|calls| calls.iter().map(|call| call.answer.to_string()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_answers_alike_takes_over_without_a_failed_call() {
    let outcome = run(guest("echo"), edition("echo", 1), HELLO).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(answers(&outcome), [["hello"], ["hello"]]);
    assert_eq!((outcome.state, outcome.calls_lost), (Fate::Stateless, 0));
    let load = outcome.load.unwrap();
    assert!(load.calls >= 24, "{load:?}");
    assert_eq!((load.failed, load.forgotten, load.first_failure), (0, 0, None));
    assert!(!load.swap.is_zero() && !load.rollback.is_zero());
}

#[tokio::test]
async fn callers_leave_a_runtime_with_one_thread_to_the_swap() {
    let outcome = run(guest("echo"), edition("echo", 1), HELLO).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_goes_on_over_the_upgrade_and_back() {
    let outcome = run(guest("counter"), edition("counter", 1), THREE).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(answers(&outcome), [["4", "5", "6"], ["7", "8", "9"]]);
    assert!(
        matches!(outcome.state, Fate::Carried { bytes } if bytes > 0),
        "{outcome:#?}"
    );
    let load = outcome.load.unwrap();
    assert!(load.calls >= 24 && load.is_clean(), "{load:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_forgets_what_it_was_given_is_found() {
    let outcome = run(guest("counter"), guest("forgets-state"), THREE).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    // Its answers are those of the case, and not those of a component that goes on.
    assert_eq!(answers(&outcome)[0], ["1", "2", "3"]);
    let difference = outcome.upgraded[0].difference.as_ref().unwrap();
    assert_eq!((&*difference.expected, &*difference.actual), ("4", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_say_which_calls_belong_to_which_release() {
    const MARKED: &str = r#"
        [[call]]
        message = "a"
        expect = "1"
        [[call]]
        message = "b"
        expect = "2"
        after-upgrade = true
        [[call]]
        message = "c"
        expect = "3"
        after-rollback = true
    "#;
    let outcome = run(guest("counter"), edition("counter", 1), MARKED).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(
        (outcome.before.len(), answers(&outcome)),
        (1, [vec!["2".into()], vec!["3".into()]])
    );
    let outcome = run(guest("counter"), guest("forgets-state"), MARKED).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    // Without an upgrade the marks say nothing.
    let folder = tempfile::tempdir().unwrap();
    let case = Case::parse(folder.path().join("it.toml"), &format!("case-version = 1\n{MARKED}")).unwrap();
    let component = Component::new(guest("counter")).unwrap();
    assert!(component.run(&case).await.unwrap().is_passed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_refuses_the_state_fails_its_upgrade() {
    let outcome = run(guest("counter"), guest("refuses-state"), THREE).await;
    assert_eq!((outcome.verdict, outcome.state), (Verdict::Failed, Fate::Stateless));
    let refused = outcome.refused.unwrap();
    assert_eq!(refused.reason, "the new release did not come into service");
    assert!(refused.actual.starts_with("error guest-error\n"), "{}", refused.actual);
    assert!(outcome.load.is_none() && outcome.upgraded.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_the_old_release_does_not_take_is_told_as_lost_calls() {
    let new = with_manifest("migrates-by-hand", "[config]\nformat = 2\n");
    let outcome = run(guest("migrates-by-hand"), new, THREE).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(outcome.calls_lost, 3);
    assert_eq!(answers(&outcome), [["4", "5", "6"], ["4", "5", "6"]]);
    let load = outcome.load.unwrap();
    assert!(load.is_clean(), "{load:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_the_new_release_does_not_keep_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let upgrade = upgrade(guest("counter"), guest("echo")).await.unwrap();
    assert!(upgrade.compatibility().is_breaking());
    let text = "case-version = 1\n[[call]]\nmessage = \"1\"\nexpect = \"1\"\n";
    let case = Case::parse(folder.path().join("it.toml"), text).unwrap();
    let outcome = upgrade.run(&case).await.unwrap();
    assert_eq!(outcome.state, Fate::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_has_changed_is_shown() {
    let outcome = run(guest("echo"), guest("goes-wrong"), HELLO).await;
    assert_eq!(verdicts(&outcome), [Verdict::Failed, Verdict::Passed]);
    let difference = outcome.upgraded[0].difference.as_ref().unwrap();
    assert_eq!((&*difference.expected, &*difference.actual), ("hello", "good"));
    // The case belongs to the new release: what the old one answers is told, and no failure.
    let outcome = run(guest("goes-wrong"), guest("echo"), HELLO).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(outcome.before[0].verdict, Verdict::Failed);
    assert_eq!(answers(&outcome), [["hello"], ["good"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_does_not_become_healthy_is_refused() {
    let new = with_manifest("goes-wrong", "[config]\nfault = \"is-unhealthy\"\n");
    let outcome = run(guest("echo"), new, HELLO).await;
    let refused = outcome.refused.unwrap();
    assert!(refused.actual.starts_with("error unhealthy\n"), "{}", refused.actual);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_traps_when_it_is_asked_is_no_release() {
    let error = upgrade(guest("echo"), guest("traps-when-asked")).await.unwrap_err();
    let Error::Release { which, reason } = error else {
        panic!("{error}");
    };
    assert_eq!((which, reason.code().as_str()), ("new", "trap"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_under_load_alone_is_counted() {
    let outcome = run(guest("echo"), guest("tires"), HELLO).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert!(outcome.judged().all(|call| call.verdict == Verdict::Passed));
    let load = outcome.load.unwrap();
    assert!(load.failed > 0, "{load:?}");
    assert!(load.first_failure.unwrap().starts_with("call 1: the guest trapped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_a_call_ends_with_anyway_is_an_answer() {
    const TRAPS: &str = "[[call]]\nmessage = \"x\"\nexpect-error = \"trap\"\n\
                         [[call]]\nmessage = \"be kind\"\nexpect = \"survived\"\n\
                         [[call]]\ninvoke = \"nothing(1)\"\nexpect-error = \"unknown-export\"\n";
    let outcome = run(guest("traps"), edition("traps", 1), TRAPS).await;
    assert!(outcome.is_passed(), "{outcome:#?}");
    assert_eq!(outcome.load.unwrap().failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_cannot_drive_an_upgrade_is_skipped() {
    let skipped = async |old: &str, text: &str| run(guest(old), guest("echo"), text).await.skipped.unwrap();
    assert!(
        skipped("init-fails", HELLO)
            .await
            .starts_with("the old release does not start")
    );
    let unstarted = "expect-start-error = \"guest-error\"\n";
    assert_eq!(
        skipped("echo", unstarted).await,
        "it is of a component that does not start"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_releases_have_versions_of_their_own() {
    let component = |version: &str| Component::new(guest("echo")).unwrap().at(version.parse().unwrap());
    let versions = |upgrade: Upgrade| (upgrade.from().to_string(), upgrade.to().to_string());
    let same = Upgrade::new(component("1.0.0"), component("1.0.0")).await.unwrap();
    assert_eq!(versions(same), ("1.0.0".into(), "1.0.0+dev.1".into()));
    let next = Upgrade::new(component("1.0.0"), component("2.0.0")).await.unwrap();
    assert!(next.compatibility().differences.is_empty());
    assert_eq!(versions(next), ("1.0.0".into(), "2.0.0".into()));
}

#[tokio::test]
async fn releases_are_granted_what_the_policy_says() {
    let asking = || with_manifest("echo", "[capabilities]\nsystem-call = [\"sort\"]\n");
    let folder = tempfile::tempdir().unwrap();
    let case = Case::parse(folder.path().join("it.toml"), &format!("case-version = 1\n{HELLO}")).unwrap();
    let policy = "policy-version = 1\n[[grant]]\nto = \"*\"\nsystem-call = [\"sort\"]\n\
                  [system-calls.sort]\nprogram = \"/usr/bin/sort\"\n";
    for (policy, is_granted) in [(Policy::default(), false), (Policy::parse(policy).unwrap(), true)] {
        let old = Component::new(asking()).unwrap();
        let new = old.successor(asking()).await.unwrap();
        let upgrade = Upgrade::new(old.under(policy.clone()), new.under(policy))
            .await
            .unwrap();
        let outcome = upgrade.run(&case).await.unwrap();
        assert_eq!(
            outcome.skipped.is_none() && outcome.is_passed(),
            is_granted,
            "{outcome:#?}"
        );
    }
}
