//! The crates as they are published: packed, unpacked elsewhere, and built from what is in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use airssys_wasm_tests::{homes, provide_home, target, workspace};

const PUBLISHED: [&str; 4] = [
    "airssys-wasm",
    "airssys-wasm-component",
    "airssys-wasm-sdk",
    "cargo-airssys",
];

#[test]
fn the_published_crates_build_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("packed");
    let mut package = cargo(workspace());
    package
        .args(["package", "--offline", "--allow-dirty", "--no-verify", "--target-dir"])
        .arg(&packed);
    run(package.args(PUBLISHED.iter().flat_map(|name| ["-p", name])));

    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for entry in std::fs::read_dir(packed.join("package")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "crate") {
            run(Command::new("tar").current_dir(&elsewhere).arg("-xzf").arg(path));
        }
    }
    write_workspace(&elsewhere, &[]);
    let built = folder.path().join("target");
    share_dependencies(&built);
    run(cargo(&elsewhere)
        .args(["build", "--offline", "--workspace", "--target-dir"])
        .arg(&built));

    // What the program carries has to be in it: templates, the SDK, the contract.
    let project = folder.path().join("hello");
    provide_home(folder.path());
    let program = || {
        let mut program = Command::new(built.join("debug/airssys-wasm"));
        program.env_remove("XDG_CACHE_HOME").env_remove("CARGO_TARGET_DIR");
        program.envs(homes(folder.path()));
        program
    };
    run(program().args(["init", "--yes"]).arg(&project));
    assert!(project.join("src/lib.rs").exists());
    let sdk = patched(&project, "airssys-wasm-sdk");
    assert!(sdk.join("wit/component/guest.wit").exists());

    // The new project's tests in a host: with the library that the program carries, and with what is compiled already.
    run(program().current_dir(&project).arg("build"));
    let component = Path::new("airssys/hello.wasm");
    std::fs::create_dir_all(built.join("airssys")).unwrap();
    std::fs::copy(project.join("target").join(component), built.join(component)).unwrap();
    let tests = project.join("tests/host");
    write_workspace(&elsewhere, &[("airssys-wasm", patched(&tests, "airssys-wasm"))]);
    copy_host_tests(&tests, &elsewhere.join("host"));
    let said = run(cargo(&elsewhere)
        .args(["test", "--offline", "--workspace", "--test", "host", "--target-dir"])
        .arg(&built));
    assert!(said.contains("test greets_by_name ... ok"), "{said}");
}

/// Where the cargo configuration of a folder says that a crate is.
fn patched(folder: &Path, name: &str) -> PathBuf {
    let config = std::fs::read_to_string(folder.join(".cargo/config.toml")).unwrap();
    let config: toml::Table = config.parse().unwrap();
    config["patch"]["crates-io"][name]["path"].as_str().unwrap().into()
}

/// The package of a project's tests in a host, as a member of another workspace.
fn copy_host_tests(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let manifest = std::fs::read_to_string(from.join("Cargo.toml")).unwrap();
    let mut manifest: toml::Table = manifest.parse().unwrap();
    // Both are the workspace's; the profile is the same.
    assert!(manifest.remove("workspace").is_some() && manifest.remove("profile").is_some());
    std::fs::write(to.join("Cargo.toml"), toml::to_string(&manifest).unwrap()).unwrap();
    std::fs::copy(from.join("host.rs"), to.join("host.rs")).unwrap();
}

/// Cargo, without what an outer cargo has set for this test.
fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env_remove("CARGO_TARGET_DIR");
    command
}

/// What a command wrote to standard output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}:\n{said}{answer}");
    answer
}

/// A workspace of the unpacked crates, resolved like this one, so that its compiled dependencies can be used.
/// Crates that are named with a folder come from there; then `host` is a member too.
fn write_workspace(elsewhere: &Path, replaced: &[(&str, PathBuf)]) {
    let version = env!("CARGO_PKG_VERSION");
    let root: toml::Table = std::fs::read_to_string(workspace().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let replacement = |name: &str| replaced.iter().find(|(crate_name, _)| *crate_name == name);
    let path = |name: &str| match replacement(name) {
        Some((_, folder)) => folder.display().to_string(),
        None => format!("{name}-{version}"),
    };
    let members = PUBLISHED.iter().filter(|name| replacement(name).is_none());
    let mut members: Vec<String> = members.map(|name| path(name)).collect();
    members.extend((!replaced.is_empty()).then(|| "host".to_owned()));
    let own = |name: &str| toml::Value::Table(toml::toml! { path = (path(name)) });
    let patches: toml::Table = PUBLISHED.iter().map(|name| ((*name).to_owned(), own(name))).collect();
    let mut dependencies = root["workspace"]["dependencies"].as_table().unwrap().clone();
    for name in PUBLISHED {
        dependencies[name] = own(name);
    }
    members.push("tests".to_owned());
    let written = toml::toml! {
        [workspace]
        resolver = "3"
    };
    let mut written = written;
    let table = written["workspace"].as_table_mut().unwrap();
    table.insert("members".into(), members.into());
    table.insert("dependencies".into(), dependencies.into());
    table.insert("package".into(), root["workspace"]["package"].clone());
    table.insert("lints".into(), root["workspace"]["lints"].clone());
    written.insert("profile".into(), root["profile"].clone());
    written.insert(
        "patch".into(),
        toml::Table::from_iter([("crates-io".to_owned(), patches.into())]).into(),
    );
    std::fs::write(elsewhere.join("Cargo.toml"), toml::to_string(&written).unwrap()).unwrap();
    std::fs::copy(workspace().join("Cargo.lock"), elsewhere.join("Cargo.lock")).unwrap();

    // The tests' crate takes part with its dependencies only: they have a say in the features of shared ones.
    std::fs::create_dir_all(elsewhere.join("tests/src")).unwrap();
    std::fs::copy(workspace().join("tests/Cargo.toml"), elsewhere.join("tests/Cargo.toml")).unwrap();
    std::fs::write(elsewhere.join("tests/src/lib.rs"), "//! Empty.\n").unwrap();
}

/// Makes what was compiled of other people's crates available in another target folder.
fn share_dependencies(to: &Path) {
    for folder in ["deps", "build", ".fingerprint"] {
        link(&target().join("debug").join(folder), &to.join("debug").join(folder));
    }
}

fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name): (PathBuf, String) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        };
        // What belongs to this workspace is compiled anew from the packages.
        if name.contains("airssys") {
            continue;
        }
        if path.is_dir() {
            link(&path, &to.join(name));
        } else {
            std::fs::hard_link(&path, to.join(name)).unwrap();
        }
    }
}
