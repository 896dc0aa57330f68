//! What the error of a trap says of its place: file and line of a dev build, and nothing of the machine that built it.

use airssys_wasm::Error;
use airssys_wasm::component::Package;
use airssys_wasm_tests::{TestHost, dev_guest_path, guest, guest_path, name, workspace};

/// The message of the trap of this component.
async fn trap(component: Vec<u8>) -> String {
    let test = TestHost::new().await;
    test.host
        .deploy(Package::new(component).name(name("traps")))
        .await
        .unwrap();
    match test.call("traps", "").await {
        Err(Error::Trap { message }) => message,
        other => panic!("{other:?}"),
    }
}

fn dev_guest() -> Vec<u8> {
    std::fs::read(dev_guest_path()).unwrap()
}

/// `src/lib.rs:22:5` of the assertion that fails, by the guest's source.
fn place_of(code: &str) -> String {
    let source = std::fs::read_to_string(workspace().join("tests/guests/traps/src/lib.rs")).unwrap();
    let (number, line) = source
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(code))
        .unwrap();
    format!("src/lib.rs:{}:{}", number + 1, line.find(code).unwrap() + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dev_build_names_the_line_that_trapped_and_the_line_that_called_it() {
    let message = trap(dev_guest()).await;
    let innermost = format!(
        "in traps/{} traps::check_kindness < traps/{} ",
        place_of("assert!(input"),
        place_of("check_kindness(input.body())")
    );
    assert!(message.contains(&innermost), "{message}");
    // Neither the standard library nor the SDK.
    for foreign in ["core/", "std/", "sdk/", "airssys_wasm_sdk::contract::slot"] {
        assert!(!message.contains(foreign), "{foreign} in {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_lines() {
    let test = TestHost::new().await;
    let package = Package::new(dev_guest()).name(name("traps"));
    test.host.deploy(package).await.unwrap();
    // The code comes from the cache now.
    let test = test.reopen().await;
    let message = test.call("traps", "").await.unwrap_err().to_string();
    assert!(message.contains(&place_of("assert!(input")), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_names_a_folder_of_the_machine_that_built_the_guest() {
    for component in [dev_guest(), guest("traps")] {
        let message = trap(component).await;
        assert!(message.contains("traps::check_kindness"), "{message}");
        let home = std::env::home_dir().unwrap();
        let built = guest_path("traps");
        let folders = [workspace(), built.parent().unwrap(), home.as_path()];
        for folder in folders {
            assert!(!message.contains(&*folder.to_string_lossy()), "{message}");
        }
        assert!(!message.contains(" /"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trap_of_a_release_build_names_functions_only() {
    let message = trap(guest("traps")).await;
    assert!(message.contains("in traps::check_kindness"), "{message}");
    assert!(!message.contains(".rs"), "{message}");
}
