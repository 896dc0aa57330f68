//! What a host has for all its components: a hog is refused before its neighbours are.

use airssys_wasm::component::{ByteCount, Manifest, Package};
use airssys_wasm::{Error, HostResource};
use airssys_wasm_tests::{ByHand, TestHost, name};

/// Grows by this many pages of 64 KiB with each call, and keeps them; it traps when it is refused.
fn growing(pages: u32) -> Vec<u8> {
    let execute = format!("(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))");
    ByHand {
        execute: &execute,
        ..ByHand::default()
    }
    .component()
}

async fn deploy(test: &TestHost, component: &str, pages: u32) {
    let manifest = "manifest-version = 1\n[limits]\nmemory = \"1GiB\"\n[instances]\nmax = 1\n";
    let package = Package::new(growing(pages))
        .name(name(component))
        .manifest(Manifest::parse(manifest).unwrap());
    test.host.deploy(package).await.unwrap();
}

#[tokio::test]
async fn whoever_has_more_than_its_share_is_refused_first() {
    // 128 MiB, of which 16 are the reserve.
    let test = TestHost::with(|builder| builder.memory_budget(ByteCount(128 << 20))).await;
    deploy(&test, "hog", 80).await;
    deploy(&test, "modest", 80).await;
    // 5 MiB with each call.
    let mut grown = 0;
    let refused = loop {
        match test.call("hog", "").await {
            Ok(_) => grown += 5,
            Err(error) => break error,
        }
    };
    assert!((100..=112).contains(&grown), "{grown} MiB");
    match &refused {
        Error::OverBudget {
            name, resource, budget, ..
        } => {
            assert_eq!(
                (name.as_str(), *resource, *budget),
                ("hog", HostResource::Memory, 128 << 20)
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(!refused.is_guest_fault() && refused.counts_as_failure());
    // Its instance was discarded, and what it had is there for all again.
    let used = test.host.usage();
    assert!(used.memory.used < 1 << 20, "{used:?}");
    for _ in 0..20 {
        test.call("hog", "").await.unwrap();
    }
    // Of the reserve whoever has little gets more.
    test.call("modest", "").await.unwrap();
    test.call("modest", "").await.unwrap();
    assert!(matches!(
        test.call("hog", "").await,
        Err(Error::OverBudget { .. }) | Ok(_)
    ));
    for component in ["hog", "modest"] {
        test.host.remove(&name(component)).await.unwrap();
    }
    let ended = async {
        while test.host.usage().instances.used > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), ended)
        .await
        .unwrap();
    let usage = test.host.usage();
    assert_eq!((usage.memory.used, usage.active), (0, 0));
}
