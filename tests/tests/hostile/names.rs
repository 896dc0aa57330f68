//! Names and versions that are more than names, at each way in.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use airssys_wasm::component::{ComponentName, Manifest, Message, Package, parse_version};
use airssys_wasm::control::{Client, listen};
use airssys_wasm::{DeployOptions, Error};
use airssys_wasm_tests::{HttpHost, TestHost, edition, guest_path, name, program};

use crate::turn::Turn;

const NAMES: &[&str] = &[
    "..",
    ".",
    "",
    "a/b",
    "../../etc/passwd",
    ".hidden",
    "-rf",
    "--help",
    "CON",
    "Echo",
    "a b",
    "a\nb",
    "a\tb",
    "a\u{1b}[2J",
    "a\u{202e}b",
    "é",
    "е\u{441}ho",
    "a:b:c",
    ":a",
    "a:",
    "a--b",
    "a-",
    "a_b",
    "a.b",
    "a@1.0.0",
    "a%2fb",
    "a\\b",
    "$HOME",
    "`id`",
    "*",
];

const VERSIONS: &[&str] = &[
    "",
    "latest",
    "1",
    "1.0",
    "01.0.0",
    "1.0.0.0",
    "1.0.0-",
    "1.0.0+../../x",
    "1.0.0/..",
    "-1.0.0",
    "1.0.0\n",
    "1.0.0 ",
    "v",
    "vv1.0.0",
    "1.0.0-é",
    "18446744073709551616.0.0",
    "1.0.0\u{1b}[2J",
    "*",
    ">=1.0.0",
];

fn long() -> String {
    "a".repeat(300)
}

fn names() -> impl Iterator<Item = String> {
    NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .chain([long(), "a\0b".into()])
}

fn versions() -> impl Iterator<Item = String> {
    let long = format!("1.0.0+{}", "a".repeat(300));
    VERSIONS
        .iter()
        .map(|version| (*version).to_owned())
        .chain([long, "1.0.0\0".into()])
}

/// Every path in a folder.
fn paths(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        into.insert(entry.path().display().to_string());
        if entry.file_type().unwrap().is_dir() {
            paths(&entry.path(), into);
        }
    }
}

#[test]
fn no_manifest_names_a_component_so() {
    let _turn = Turn::together();
    for name in names() {
        assert!(name.parse::<ComponentName>().is_err(), "{name:?}");
        let text = format!(
            "manifest-version = 1\n[component]\nname = {}\n",
            toml::Value::String(name.clone())
        );
        let error = Manifest::parse(&text).expect_err(&name);
        assert!(
            error.to_string().len() < 1_000 && !error.to_string().contains('\u{1b}'),
            "{error}"
        );
    }
    for version in versions() {
        assert!(parse_version(&version).is_err(), "{version:?}");
        let value = toml::Value::String(version.clone());
        let error = Manifest::parse(&format!("manifest-version = 1\n[component]\nversion = {value}\n"));
        let error = error.expect_err(&version);
        assert!(
            error.to_string().len() < 1_000 && !error.to_string().contains('\u{1b}'),
            "{error}"
        );
    }
}

#[test]
fn no_command_line_takes_such_names() {
    let _turn = Turn::together();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let component = guest_path("echo");
    let refused = |arguments: &[&str], what: &str| {
        let mut command = Command::new(program("airssys-wasm"));
        command
            .args(arguments)
            .arg("--state-dir")
            .arg(&state)
            .current_dir(folder.path());
        // A line that lies about the terminal must not reach it.
        let ended = command.stdin(std::process::Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{what:?} is taken: {said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\0']), "{what:?}: {said:?}");
        assert!(said.len() < 4_000, "{what:?}: {} bytes", said.len());
    };
    let component = component.to_str().unwrap();
    for name in names().filter(|name| !name.contains('\0') && !name.starts_with('-')) {
        refused(&["deploy", component, "--name", &name], &name);
        refused(&["call", &name, "x"], &name);
    }
    for version in versions().filter(|version| !version.contains('\0') && !version.starts_with('-')) {
        refused(&["deploy", component, "--name", "a", "--version", &version], &version);
    }
    assert!(!folder.path().join("passwd").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_to_a_host_makes_something_of_such_names() {
    let _turn = Turn::together();
    let http = HttpHost::new().await;
    http.test.deploy("echo").await.unwrap();
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    paths(http.test.folder.path(), &mut before);
    for name in names() {
        // What can stand in a path at all, encoded or not.
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in [
            encoded,
            name.replace(|letter: char| !letter.is_ascii_graphic() || letter == '*', "_"),
        ] {
            let request = format!("POST /call/{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n");
            let answer = http.connect().await.ask(&request).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        }
    }
    paths(http.test.folder.path(), &mut after);
    assert_eq!(before, after);
    assert_eq!(http.test.call("echo", "x").await.unwrap(), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_version_means_the_same_bytes_for_ever() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    let server = listen(&test.host).await.unwrap();
    let client = Client::connect(test.host.state_dir(), std::sync::Arc::new(|_| {}))
        .await
        .unwrap();
    test.deploy("echo").await.unwrap();
    let package = |number| {
        let package = Package::new(edition("echo", number)).name(name("echo"));
        package.version("1.0.0".parse().unwrap())
    };
    for attempt in 0..2 {
        let here = test.host.deploy(package(attempt)).await;
        let there = client.deploy(package(attempt), &DeployOptions::default()).await;
        for result in [here, there] {
            assert!(matches!(result, Err(Error::ReleaseExists { .. })), "{result:?}");
        }
    }
    // Also when it is gone from service, and for one who comes later.
    test.host.remove(&name("echo")).await.unwrap();
    assert!(matches!(
        test.host.deploy(package(7)).await,
        Err(Error::ReleaseExists { .. })
    ));
    let test = {
        server.finish().await;
        test.reopen().await
    };
    assert!(matches!(
        test.host.deploy(package(7)).await,
        Err(Error::ReleaseExists { .. })
    ));
    test.deploy("echo").await.unwrap();
    let answer = test.host.call(&name("echo"), Message::text("same")).await.unwrap();
    assert_eq!(answer.body, b"same");
}
