//! What is not deployed: bytes that are no component, and components that this host cannot run.

use airssys_wasm::Error;
use airssys_wasm::component::{Kind, Package, inspect};
use airssys_wasm_tests::{TestHost, code, guest, name};

/// Deploys the bytes, expects this error, and that nothing is deployed or left behind.
async fn check(bytes: impl Into<Vec<u8>>, expected: &str) -> Error {
    let test = TestHost::new().await;
    let error = test.host.deploy(Package::new(bytes).name(name("a"))).await.unwrap_err();
    assert_eq!(error.code().as_str(), expected, "{error}");
    assert!(test.host.status().is_empty());
    let blobs = test.folder.path().join("blobs/sha256");
    assert_eq!(std::fs::read_dir(blobs).unwrap().count(), 0);
    error
}

#[tokio::test]
async fn bytes_that_are_no_component_are_refused() {
    check("", "not-a-component").await;
    check("x", "not-a-component").await;
    check("\0asm", "not-a-component").await;
    check("\0asm\u{1}\0\0\0", "not-a-component").await;
    check("\0asm\u{7f}\0\u{1}\0", "not-a-component").await;
    check("\u{7f}ELF and more", "not-a-component").await;
    let whole = guest("own-exports");
    let refused = (9..whole.len())
        .step_by(7)
        .filter(|length| match inspect(&whole[..*length]) {
            Err(error) => error.code().as_str() == "not-a-component",
            // A cut between two sections leaves a valid component, which has less to offer.
            Ok(_) => false,
        });
    assert!(refused.count() > whole.len() / 7 - 20);
    check(&whole[..whole.len() / 2], "not-a-component").await;
}

#[test]
fn a_flipped_byte_is_an_error_or_another_component_and_never_a_panic() {
    let whole = guest("own-exports");
    for place in 0..whole.len().min(2048) {
        let mut flipped = whole.clone();
        flipped[place] ^= 0xff;
        if let Err(error) = inspect(&flipped) {
            // A number that was flipped may say that there is more of something than there may be.
            let expected = ["not-a-component", "too-complex"];
            assert!(expected.contains(&error.code().as_str()), "flipped at {place}: {error}");
        }
    }
}

#[tokio::test]
async fn a_component_over_the_size_limit_is_refused() {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize((64 << 20) + 1, 0);
    check(bytes, "too-large").await;
}

#[tokio::test]
async fn an_import_that_is_not_offered_is_named() {
    match check(guest("unknown-import"), "unknown-import").await {
        Error::UnknownImport { import, .. } => assert_eq!(import, "acme:wants/oracle@1.0.0"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_export_that_does_not_follow_the_contract_is_named() {
    match check(guest("wrong-exports"), "mistyped-export").await {
        Error::MistypedExport { export, .. } => assert_eq!(export, "airssys:component/guest"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_library_deploys_and_says_that_it_cannot_be_called() {
    assert_eq!(inspect(&guest("own-exports")).unwrap().kind, Kind::Library);
    let test = TestHost::new().await;
    test.deploy("own-exports").await.unwrap();
    assert_eq!(code(test.call("own-exports", "").await), "not-callable");
}

#[test]
fn kinds_are_recognised() {
    assert_eq!(inspect(&guest("echo")).unwrap().kind, Kind::Guest);
    assert_eq!(inspect(&guest("command")).unwrap().kind, Kind::Command);
    assert_eq!(inspect(&guest("http-api")).unwrap().kind, Kind::Http);
    assert_eq!(inspect(&guest("own-exports")).unwrap().kind, Kind::Library);
}

#[tokio::test]
async fn a_component_that_asks_for_too_much_to_record_is_refused() {
    check(guest("asks-too-much"), "too-large").await;
}
