//! What survives: routes, components and states, whatever happens to the process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};

use tokio::sync::Notify;

use airssys_wasm::component::Package;
use airssys_wasm::{Error, Event, Host, RetentionPolicy};
use airssys_wasm_tests::{TestHost, code, edition, name};

#[tokio::test]
async fn what_was_deployed_is_there_after_reopening() {
    let test = TestHost::new().await;
    let deployed = test.deploy("echo").await.unwrap();
    let test = test.reopen().await;
    let status = test.host.status();
    assert_eq!(status[0].release, deployed.release);
    assert_eq!(status[0].deployment, deployed.id);
    assert_eq!(status[0].instances, 0);
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
    assert_eq!(test.host.status()[0].instances, 1);
    let next = test.deploy("fails").await.unwrap();
    assert!(next.id > deployed.id);
}

#[tokio::test]
async fn a_second_owner_is_refused() {
    let test = TestHost::new().await;
    match Host::builder().state_dir(test.folder.path()).build().await.unwrap_err() {
        Error::StateInUse { process, .. } => assert_eq!(process, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_damaged_component_is_not_run() {
    let test = TestHost::new().await;
    let deployed = test.deploy("echo").await.unwrap();
    let test = test.reopen().await;
    let blob = test
        .folder
        .path()
        .join("blobs/sha256")
        .join(deployed.release.digest.to_string());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    assert_eq!(code(test.call("echo", "x").await), "store-damaged");
    test.deploy("echo").await.unwrap();
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
}

#[tokio::test]
async fn compiled_code_that_was_tampered_with_is_compiled_anew() {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let test = test.reopen().await;
    let cache = test.folder.path().join("cache");
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
    let refused = |event: &Event| matches!(event, Event::CacheEntryRefused { .. });
    assert_eq!(test.events().iter().filter(|event| refused(event)).count(), 1);
}

#[tokio::test]
async fn what_was_deployed_is_there_after_the_owner_was_killed() {
    let test = TestHost::new().await;
    let folder = test.folder.clone();
    drop(test);
    let mut owner = Command::new(env!("CARGO_BIN_EXE_owner"))
        .arg(folder.path())
        .args(["echo", "counter"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(owner.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    assert_eq!(said, "ready\n");
    match Host::builder().state_dir(folder.path()).build().await.unwrap_err() {
        Error::StateInUse { process, .. } => assert_eq!(process, Some(owner.id())),
        other => panic!("{other:?}"),
    }
    // On Unix this is SIGKILL, which no process can handle.
    owner.kill().unwrap();
    owner.wait().unwrap();

    let test = TestHost::open(folder, |builder| builder).await;
    let names: Vec<_> = test
        .host
        .status()
        .iter()
        .map(|status| status.release.name.to_string())
        .collect();
    assert_eq!(names, ["counter", "echo"]);
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
    // The count was in the killed process; what was saved last is nothing.
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
}

/// The old release of one component and the new one of another have the same bytes.
#[tokio::test]
async fn bytes_that_one_component_gives_up_stay_for_another_that_is_being_deployed() {
    let kept = Arc::<Notify>::default();
    let (go_on, wait) = mpsc::channel();
    let (tell, wait) = (kept.clone(), Mutex::new(wait));
    let listen = move |event: Event| match event {
        Event::Reached { component, point } if component == name("new") && point == "bytes-kept" => {
            tell.notify_one();
            wait.lock().unwrap().recv().unwrap();
        }
        _ => {}
    };
    let test = TestHost::with(|builder| builder.retention(RetentionPolicy::new(0, 0)).on_event(listen)).await;
    let deploy = |component: &str, number: u8| {
        let package = Package::new(edition("echo", number)).name(name(component));
        test.host
            .deploy(package.version(format!("{number}.0.0").parse().unwrap()))
    };
    deploy("old", 1).await.unwrap();
    deploy("old", 2).await.unwrap();
    let (deployed, ()) = tokio::join!(deploy("new", 1), async {
        kept.notified().await;
        deploy("old", 3).await.unwrap();
        go_on.send(()).unwrap();
    });
    deployed.unwrap();
    let known = test.host.releases(&name("old")).await.unwrap();
    assert_eq!(known.len(), 2, "the first is not kept");
    let test = test.reopen().await;
    assert_eq!(test.call("new", "x").await.unwrap(), "x");
}
