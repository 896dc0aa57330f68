//! What goes wrong, and that the last good release goes on serving.

use std::fs;

use rustix::process::Signal;

use crate::project::{Project, manifest};
use crate::running::Running;

/// Does something that fails with this error, and sees to it that the release before it serves; then mends it.
async fn check(project: &Project, dev: &mut Running, code: &str, words: &str) {
    let told = dev.next("not-swapped");
    assert_eq!(told["error"]["code"], code, "{told:#}");
    assert!(told["error"]["message"].as_str().unwrap().contains(words), "{told:#}");
    assert_eq!(told["serving"], "1.0.0");
    assert_eq!(project.call("still").await, "still");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_release_serves_through_every_error() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");

    project.write("src/echo.wasm", "no component");
    check(&project, &mut dev, "not-a-component", "magic number").await;
    project.write("src/echo.wasm", b"\0asm\x01\0\0\0");
    check(&project, &mut dev, "not-a-component", "").await;
    project.set_guest("init-fails");
    check(&project, &mut dev, "deployment-failed", "").await;
    project.set_guest("unknown-import");
    check(&project, &mut dev, "unknown-import", "").await;
    fs::remove_file(project.path("src/echo.wasm")).unwrap();
    check(&project, &mut dev, "build-failed", "failed (exit status: 1)").await;
    project.set(0);
    dev.next("unchanged");

    let good = fs::read_to_string(project.path("Component.toml")).unwrap();
    project.write("Component.toml", good.replace("[build]", "[bild]"));
    check(&project, &mut dev, "invalid-manifest", "unknown field `bild`").await;
    project.write("Component.toml", "");
    check(
        &project,
        &mut dev,
        "invalid-manifest",
        "missing field `manifest-version`",
    )
    .await;
    let asking = good.clone() + "\n[capabilities]\nnetwork-outbound = [\"https://example.com\"]\n";
    project.write("Component.toml", asking);
    check(&project, &mut dev, "not-granted", "https://example.com:443").await;
    fs::remove_file(project.path("Component.toml")).unwrap();
    check(&project, &mut dev, "no-project", "").await;
    project.write("Component.toml", &good);
    dev.next("unchanged");

    project.write(
        "Component.toml",
        manifest("echo before; head -c 100000000 /dev/zero | tr '\\0' 'x' | fold; exit 3"),
    );
    let told = dev.next("not-swapped");
    let output = told["output"].as_str().unwrap();
    assert!(
        output.len() < 200_000 && output.starts_with("before\n"),
        "{} bytes",
        output.len()
    );
    assert!(output.contains("lines left out"));
    project.write("Component.toml", &good);
    dev.next("unchanged");
    project.set(1);
    assert_eq!(dev.next("swapped")["from"], "1.0.0");
    assert_eq!(dev.end(), 0);
    assert_eq!(project.processes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_hangs_is_ended_with_all_it_has_started() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &["--build-timeout", "2s"]);
    dev.next("swapped");
    let good = fs::read_to_string(project.path("Component.toml")).unwrap();
    project.write(
        "Component.toml",
        manifest("trap '' TERM; (trap '' TERM; sleep 1000; sleep 1000) & sleep 1000; sleep 1000"),
    );
    check(&project, &mut dev, "build-timeout", "did not end within 2 s").await;
    let own = project.processes();
    assert_eq!(own.len(), 1, "only `dev` itself: {own:?}");
    project.write("Component.toml", good);
    dev.next("unchanged");
    assert_eq!(dev.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_vanishes_and_comes_back_ends_nothing() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    let aside = project.folder().with_file_name("aside");
    fs::rename(project.folder(), &aside).unwrap();
    dev.next("gone");
    fs::rename(&aside, project.folder()).unwrap();
    dev.next("back");
    assert_eq!(project.call("still").await, "still");
    project.set(1);
    assert_eq!(dev.next("swapped")["version"], "1.0.0+dev.1");
    assert_eq!(dev.end(), 0);
}

#[test]
fn a_second_loop_on_a_project_is_told_who_has_it() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    let (exit, told) = Running::begin(&project.folder(), &[]).wait();
    assert_eq!(exit, 105, "{told:?}");
    let error = &told.last().unwrap()["error"];
    assert_eq!(error["code"], "state-in-use");
    assert!(error["message"].as_str().unwrap().contains("process "), "{error}");
    project.set(1);
    assert_eq!(dev.next("swapped")["version"], "1.0.0+dev.1");
    assert_eq!(dev.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_keeps_what_serves() {
    let project = Project::copied();
    // A file may not grow beyond 8 MiB: writing fails there as it does on a full disk, for `dev` as well.
    let line = "trap '' XFSZ; ulimit -f 16384; exec \"$DEV\" dev -o json --debounce 50ms";
    let mut dev = Running::shell(&project.folder(), line);
    dev.next("swapped");
    // A component that takes more, with the manifest that is put into it.
    let mut large = airssys_wasm_tests::guest("echo");
    let size = (8 << 20) - large.len() - 10;
    large.extend_from_slice(&[
        0,
        0x80 | (size & 0x7f) as u8,
        0x80 | (size >> 7 & 0x7f) as u8,
        0x80 | (size >> 14 & 0x7f) as u8,
        (size >> 21) as u8,
    ]);
    large.push(0);
    large.resize(large.len() + size - 1, 7);
    fs::write(project.path("src/large.log"), &large).unwrap();
    let good = fs::read_to_string(project.path("Component.toml")).unwrap();
    project.write(
        "Component.toml",
        manifest("mkdir -p dist && cp src/large.log dist/echo.wasm"),
    );
    let told = dev.next("not-swapped");
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .contains("could not be written"),
        "{told:#}"
    );
    assert_eq!(told["serving"], "1.0.0", "{told:#}");
    assert_eq!(project.call("still").await, "still");
    project.write("Component.toml", good);
    dev.next("unchanged");
    project.set(1);
    assert_eq!(dev.next("swapped")["from"], "1.0.0");
    assert_eq!(dev.end(), 0);
}

#[test]
fn what_a_build_leaves_running_neither_holds_it_up_nor_stays() {
    let project =
        Project::new("mkdir -p dist && cp src/echo.wasm dist/echo.wasm; sleep 1000 & sleep 1000 > /dev/null 2>&1 &");
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    let own = project.processes();
    assert_eq!(own.len(), 1, "only `dev` itself: {own:?}");
    assert_eq!(dev.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_is_another_component() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    let manifest = fs::read_to_string(project.path("Component.toml")).unwrap();
    project.write("Component.toml", manifest.replace("\"echo\"", "\"voice\""));
    let swap = dev.next("swapped");
    assert_eq!(
        (&swap["component"], &swap["from"]),
        (&"voice".into(), &serde_json::Value::Null)
    );
    let renamed = dev.next("renamed");
    assert_eq!((&renamed["from"], &renamed["to"]), (&"echo".into(), &"voice".into()));
    assert_eq!(project.call("still").await, "still");
    assert_eq!(dev.end(), 0);
}

#[test]
fn an_interrupt_during_a_build_ends_the_build_as_well() {
    let project = Project::new("echo begun > begun.log; sleep 1000");
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("building");
    dev.signal(Signal::INT);
    let (exit, told) = dev.wait();
    assert_eq!(exit, 0, "{told:?}");
    assert_eq!(told.last().unwrap()["event"], "ended");
    assert_eq!(project.processes(), Vec::<String>::new());
}
