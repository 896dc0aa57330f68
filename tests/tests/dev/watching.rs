//! What is noticed, and what is built of it.

use std::fs;

use serde_json::{Value, json};

use crate::project::{Project, manifest};
use crate::running::Running;

/// The files that a swap names.
fn changed(swap: &Value) -> Vec<&str> {
    swap["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| path.as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_becomes_the_running_component() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    let first = dev.next("swapped");
    assert_eq!(
        (first["version"].as_str(), &first["from"]),
        (Some("1.0.0"), &Value::Null)
    );
    assert_eq!(project.call("hello").await, "hello");

    project.set(1);
    let second = dev.next("swapped");
    assert_eq!(second["version"], "1.0.0+dev.1");
    assert_eq!(second["from"], "1.0.0");
    assert_eq!(changed(&second), ["src/echo.wasm"]);
    assert_eq!(second["failed"], 0);
    for part in ["watch", "build", "pack", "compile", "swap", "live"] {
        assert!(second[format!("{part}_seconds")].as_f64().unwrap() >= 0.0, "{second}");
    }
    assert_eq!(project.call("hello").await, "hello");
    assert_eq!(dev.end(), 0);
    assert_eq!(project.processes(), Vec::<String>::new());
}

#[test]
fn every_way_to_save_is_noticed_and_only_what_changes_something() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    // What is built is the same each time.
    let mut check = |expected: &[&str]| assert_eq!(changed(&dev.next("unchanged")), expected);

    // What is ignored, and what is as before, is not noticed: the next build is because of something else.
    project.write("notes.log", "not noticed");
    project.write("dist/other", "not noticed");
    fs::write(
        project.path("src/echo.wasm"),
        fs::read(project.path("src/echo.wasm")).unwrap(),
    )
    .unwrap();
    project.write("src/new.txt", "a new file");
    check(&["src/new.txt"]);
    project.write("wit/deep/world.wit", "a new folder");
    check(&["wit/deep/world.wit"]);
    project.write("wit/deep/world.wit", "in a new folder");
    check(&["wit/deep/world.wit"]);
    // As editors do that write a new file and rename it.
    project.write("src/.aside.swp", "renamed over");
    fs::rename(project.path("src/.aside.swp"), project.path("src/new.txt")).unwrap();
    check(&["src/new.txt"]);
    fs::remove_file(project.path("src/new.txt")).unwrap();
    check(&["src/new.txt"]);
    // A folder that is replaced as a whole, as by a change of branch.
    fs::rename(project.path("wit"), project.folder().with_file_name("elsewhere")).unwrap();
    check(&["wit/deep/world.wit"]);
    fs::rename(project.folder().with_file_name("elsewhere"), project.path("wit")).unwrap();
    check(&["wit/deep/world.wit"]);
    project.write("wit/deep/world.wit", "in a folder that has come back");
    check(&["wit/deep/world.wit"]);
    assert_eq!(dev.end(), 0);
}

#[test]
fn the_manifests_own_patterns_say_what_is_watched() {
    let project = Project::copied();
    let patterns = manifest("mkdir -p dist && cp src/echo.wasm dist/echo.wasm") + "watch = [\"src/**\"]\n";
    project.write("Component.toml", &patterns);
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    project.write("readme.txt", "not watched");
    project.write("src/echo.txt", "watched");
    assert_eq!(changed(&dev.next("unchanged")), ["src/echo.txt"]);
    // The manifest itself always is, and it is read anew.
    let wider = patterns.replace("\"src/**\"", "\"src/**\", \"readme.txt\"");
    project.write("Component.toml", wider);
    assert_eq!(changed(&dev.next("unchanged")), ["Component.toml"]);
    // What the wider pattern adds is nothing new by itself.
    project.write("src/echo.txt", "watched still");
    assert_eq!(changed(&dev.next("building")), ["src/echo.txt"]);
    assert_eq!(changed(&dev.next("unchanged")), ["src/echo.txt"]);
    project.write("readme.txt", "watched now");
    assert_eq!(changed(&dev.next("building")), ["readme.txt"]);
    assert_eq!(dev.end(), 0);
}

#[test]
fn saves_during_a_build_are_built_once_and_the_newest() {
    // The build says when it has begun, and goes on when it may.
    let project = Project::new(
        "mkdir -p dist && cp src/echo.wasm dist/aside && echo begun >> begun.log && \
         while [ ! -e go.log ]; do sleep 0.02; done && mv dist/aside dist/echo.wasm",
    );
    project.write("go.log", "");
    let mut dev = Running::begin(&project.folder(), &[]);
    dev.next("swapped");
    fs::remove_file(project.path("go.log")).unwrap();
    let builds = || fs::read_to_string(project.path("begun.log")).unwrap().lines().count();
    assert_eq!(builds(), 1);

    for number in 1..4 {
        project.set(number);
        dev.next("building");
        // Two builds were ended for a newer save; the third is not.
        project.wait_for("begun.log", |said| said.lines().count() > usize::from(number));
    }
    project.set(4);
    project.write("go.log", "");
    let mut swap = dev.next("swapped");
    // The third may have come into service before the fourth was noticed.
    while fs::read(project.path("dist/echo.wasm")).unwrap() != airssys_wasm_tests::edition("echo", 4)
        || swap["digest"] != digest(&project)
    {
        swap = dev.next("swapped");
    }
    assert_eq!(changed(&swap), ["src/echo.wasm"]);
    assert!((4..=5).contains(&builds()), "{} builds", builds());
    assert!(dev.all("swapped").len() <= 3);
    assert_eq!(dev.end(), 0);
    assert_eq!(project.processes(), Vec::<String>::new());
}

/// The digest of what was built last, as it is deployed.
fn digest(project: &Project) -> String {
    let built = fs::read(project.path("target/airssys/dev/echo.wasm")).unwrap();
    airssys_wasm::component::Digest::of(&built).to_string()
}

#[test]
fn a_build_that_changes_its_own_sources_comes_to_rest() {
    let project =
        Project::new("mkdir -p dist && cp src/echo.wasm dist/echo.wasm && date +%s%N > src/made.txt && sleep 0.3");
    let mut dev = Running::begin(&project.folder(), &[]);
    let circling = dev.next("circling");
    assert_eq!(circling["changed"], json!(["src/made.txt"]));
    let builds = dev.all("building").len();
    assert!((12..=14).contains(&builds), "{builds} builds");
    // Another file begins anew.
    project.set(1);
    assert_eq!(dev.next("swapped")["version"], "1.0.0+dev.1");
    assert_eq!(dev.end(), 0);
}

#[test]
fn where_the_system_tells_of_no_changes_files_are_looked_at() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &["--poll"]);
    dev.next("swapped");
    project.set(1);
    assert_eq!(dev.next("swapped")["version"], "1.0.0+dev.1");
    assert_eq!(dev.end(), 0);
}
