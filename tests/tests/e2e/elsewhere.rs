//! What came with a project from elsewhere, and commands in its folder: nothing of it is run or read that is not its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use airssys_wasm_tests::{guest_path, program};

/// Runs the program in a folder, with a cache and a key of its own.
fn run(folder: &Path, own: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program("airssys-wasm"));
    command.args(words).current_dir(folder).stdin(Stdio::null());
    command
        .env("XDG_CACHE_HOME", own.join("cache"))
        .env("XDG_DATA_HOME", own.join("data"))
        // Nothing is fetched; and what an outer cargo has decided does not count.
        .env("PIP_NO_INDEX", "1")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    texts.concat()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A project whose command needs a tool of Python's.
const WITH_TOOL: &str = "manifest-version = 1\n[component]\nname = \"a\"\nversion = \"0.1.0\"\n[build]\ncommand = \"true\"\n\
                         artifact = \"a.wasm\"\ntools = [\"pip:componentize-py@0.25.1\"]\n";

#[test]
fn modules_of_a_project_do_not_install_the_tools_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let (project, own) = (folder.path().join("project"), folder.path().join("own"));
    write(&project.join("Component.toml"), WITH_TOOL);
    for module in ["venv.py", "pip.py", "ensurepip.py"] {
        let text = "import os\nopen(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ran'), 'w')\n";
        write(&project.join(module), text);
    }
    let output = run(&project, &own, &["build"]);
    let said = said(&output);
    assert!(!project.join("ran").exists(), "{said}");
    assert!(!output.status.success() && said.contains("componentize-py"), "{said}");
    let installed = fs::read_dir(own.join("cache/airssys-wasm/tools")).into_iter().flatten();
    for entry in installed {
        assert!(!entry.unwrap().path().join(".installed").exists(), "{said}");
    }
}

#[test]
fn a_toolchain_that_came_with_a_project_is_not_run_by_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let (project, own) = (folder.path().join("project"), folder.path().join("own"));
    write(
        &project.join("Cargo.toml"),
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    write(&project.join("src/lib.rs"), "");
    // Rustup takes whole paths only; where a project is cloned to can be guessed.
    let tools = format!("[toolchain]\npath = {:?}\n", project.join("tools"));
    write(&project.join("rust-toolchain.toml"), &tools);
    for name in ["cargo", "rustc"] {
        let path = project.join("tools/bin").join(name);
        write(
            &path,
            &format!("#!/bin/sh\n: > {}\nexit 1\n", project.join("ran").display()),
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(project.join("tools/lib")).unwrap();
    let said = said(&run(&project, &own, &["doctor"]));
    assert!(said.contains("rust.compiler"), "{said}");
    assert!(!project.join("ran").exists(), "{said}");
}

#[test]
fn cases_from_elsewhere_are_of_their_own_folder_whatever_is_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let (evil, own) = (folder.path().join("outer/evil"), folder.path().join("own"));
    fs::create_dir_all(folder.path().join("outer/.git")).unwrap();
    write(&folder.path().join("outer/private/key"), "a secret");
    write(
        &evil.join("tests/cases/steal.toml"),
        "case-version = 1\n[[call]]\nmessage = { file = \"../../../private/key\" }\nexpect = \"\"\n",
    );
    fs::copy(guest_path("operates-on-files"), evil.join("evil.wasm")).unwrap();
    let output = run(&evil, &own, &["test", "evil.wasm"]);
    assert!(!output.status.success());
    assert!(
        said(&output).contains("it is outside of the project"),
        "{}",
        said(&output)
    );
    write(
        &evil.join("tests/cases/steal.toml"),
        "case-version = 1\n[grants]\nfile-read = { \"/data\" = \"../../../private\" }\n[[call]]\n\
         message = \"open s /data r key\"\nexpect = \"\"\n",
    );
    let output = run(&evil, &own, &["test", "evil.wasm"]);
    assert!(
        said(&output).contains("it is outside of the project"),
        "{}",
        said(&output)
    );
    // The cases of another project, by a link.
    fs::create_dir_all(folder.path().join("victim/tests")).unwrap();
    fs::rename(evil.join("tests/cases"), folder.path().join("victim/tests/cases")).unwrap();
    symlink("../../../victim/tests/cases", evil.join("tests/cases")).unwrap();
    let output = run(&evil, &own, &["test", "evil.wasm", "-o", "json"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("\"linked-cases\""), "{}", said(&output));
}

#[test]
fn the_name_of_a_file_does_not_steer_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    write(&project.join("tests/cases/gone\u{1b}]0;pwn\u{7}.snap"), "");
    let output = run(&project, folder.path(), &["test", "a.wasm"]);
    assert!(
        said(&output).contains("gone\\u{1b}]0;pwn\\u{7}.snap"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_project_below_a_workspace_of_others_is_a_project_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    write(
        &root.join("Cargo.toml"),
        "[workspace]\nmembers = [\"mine\", \"cloned\"]\n",
    );
    let state_dir = |project: &str, file: &str| {
        write(&root.join(project).join(file), "");
        let output = run(&root.join(project), &root.join("own"), &["status", "-o", "json"]);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        found["state_dir"].as_str().unwrap().to_owned()
    };
    let place = |folder: &str| root.join(folder).join(".airssys").display().to_string();
    assert_eq!(state_dir("mine", "Cargo.toml"), place(""));
    assert_eq!(state_dir("evil", "Cargo.toml"), place("evil"));
    assert_eq!(state_dir("other", "Component.toml"), place("other"));
    fs::create_dir_all(root.join("cloned/.git")).unwrap();
    assert_eq!(state_dir("cloned", "Cargo.toml"), place("cloned"));
}
