//! Compiling what has changed: the functions of one compilation serve the next one of the same component, and no other.

use std::fs;
use std::path::PathBuf;

use airssys_wasm::component::Package;
use airssys_wasm::{Compiler, Event, HostBuilder};
use airssys_wasm_tests::{TestHost, edition, name, own_compiler};

async fn host(adapt: impl FnOnce(HostBuilder) -> HostBuilder) -> TestHost {
    TestHost::with(|builder| adapt(builder.incremental(true))).await
}

/// Deploys a release of `echo` whose bytes are new, under this name, and calls it.
async fn deploy(test: &TestHost, component: &str, number: u8) {
    let package = Package::new(edition("echo", number)).name(name(component));
    let package = package.version(format!("{number}.0.0").parse().unwrap());
    test.host.deploy(package).await.unwrap();
    assert_eq!(test.call(component, "hello").await.unwrap(), "hello");
}

/// The files of functions, and how long each is.
fn packs(test: &TestHost) -> Vec<(PathBuf, u64)> {
    let files = fs::read_dir(test.folder.path().join("cache")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut packs: Vec<_> = files
        .filter(|path| path.to_string_lossy().ends_with(".functions"))
        .map(|path| (path.clone(), path.metadata().unwrap().len()))
        .collect();
    packs.sort();
    packs
}

/// Opens the directory once more with the functions of before; what was compiled is on disk by then.
async fn reopen(test: TestHost) -> TestHost {
    test.host.shutdown().await.unwrap();
    let folder = test.folder.clone();
    drop(test);
    TestHost::open(folder, |builder| builder.incremental(true)).await
}

fn refusals(test: &TestHost) -> usize {
    let events = test.events();
    let refused = events
        .iter()
        .filter(|event| matches!(event, Event::CacheEntryRefused { .. }));
    refused.count()
}

#[tokio::test]
async fn a_changed_component_runs_with_functions_of_before() {
    let test = host(|builder| builder).await;
    deploy(&test, "echo", 1).await;
    let test = reopen(test).await;
    let before = packs(&test);
    assert!(before.len() == 1 && before[0].1 > 10_000, "{before:?}");
    deploy(&test, "echo", 2).await;
    deploy(&test, "acme:echo", 3).await;
    let test = reopen(test).await;
    let after = packs(&test);
    assert_eq!(after.len(), 2, "{after:?}");
    // The functions are the same, so that the file does not grow.
    assert!(after[1].1 < before[0].1 * 5 / 4, "{before:?} {after:?}");
    assert_eq!(refusals(&test), 0);
}

#[tokio::test]
async fn functions_that_were_changed_or_exchanged_are_compiled_anew() {
    let test = host(|builder| builder).await;
    deploy(&test, "a", 1).await;
    deploy(&test, "b", 2).await;
    let test = reopen(test).await;
    let found = packs(&test);
    let [(a, size), (b, _)] = &*found else {
        panic!("{found:?}");
    };
    let mut bytes = fs::read(a).unwrap();
    bytes[usize::try_from(*size).unwrap() / 2] ^= 1;
    fs::write(a, bytes).unwrap();
    deploy(&test, "a", 3).await;
    assert_eq!(refusals(&test), 1);
    let test = reopen(test).await;
    fs::copy(a, b).unwrap();
    deploy(&test, "b", 4).await;
    assert_eq!(refusals(&test), 1);
}

#[tokio::test]
async fn a_compiler_in_a_process_of_its_own_leaves_no_functions() {
    let test = host(|builder| builder.compiler(own_compiler())).await;
    deploy(&test, "echo", 1).await;
    assert!(packs(&reopen(test).await).is_empty());
    let test = TestHost::with(|builder| builder.compiler(Compiler::InProcess)).await;
    deploy(&test, "echo", 1).await;
    assert!(packs(&reopen(test).await).is_empty());
}
