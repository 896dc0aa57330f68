//! The unit file of the book: its command line is one that serves.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use airssys_wasm_tests::{program, workspace};

#[test]
fn the_command_of_the_unit_file_serves() {
    let unit = std::fs::read_to_string(workspace().join("docs/src/airssys-wasm.service")).unwrap();
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "policy-version = 1\n").unwrap();
    let state = folder.path().join("state").display().to_string();
    let words = command.split(' ').skip(1).map(|word| match word {
        "/var/lib/airssys" => state.clone(),
        "/etc/airssys/policy.toml" => policy.display().to_string(),
        "127.0.0.1:8080" => "127.0.0.1:0".into(),
        word => word.into(),
    });
    let mut serving = Command::new(program("airssys-wasm"));
    serving
        .args(words)
        .env("XDG_DATA_HOME", folder.path())
        .env("HOME", folder.path());
    let mut serving = serving
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(serving.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.contains("control.sock"))
        .collect();
    // What the unit says is how it ends.
    let ending = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status();
    assert!(ending.unwrap().success(), "{said:?}");
    assert!(serving.wait().unwrap().success(), "{said:?}");
}
