//! The contract: valid, documented, and frozen where it is published.

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::Resolve;

use super::report;
use airssys_wasm_tests::workspace;

fn resolve(folders: &[&str]) -> Resolve {
    let mut resolve = Resolve::default();
    for folder in folders {
        resolve
            .push_dir(workspace().join("wit").join(folder))
            .unwrap_or_else(|error| panic!("{folder}: {error:?}"));
    }
    resolve
}

#[test]
fn the_contract_is_valid() {
    let resolve = resolve(&["deps/io", "component", "host"]);
    let names: Vec<String> = resolve
        .packages
        .iter()
        .map(|(_, package)| package.name.to_string())
        .collect();
    assert!(names.contains(&"airssys:component@0.1.0".to_owned()), "{names:?}");
    assert!(names.contains(&"airssys:host@0.1.0".to_owned()), "{names:?}");
}

#[test]
fn every_item_of_the_contract_is_documented() {
    let mut problems = Vec::new();
    for folder in ["component", "host"] {
        for (name, text) in files(&workspace().join("wit").join(folder)) {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (number, line) in lines.iter().enumerate() {
                let plain = line.is_empty() || line.starts_with("//") || *line == "}" || line.starts_with("use ");
                // What a world exports or imports is documented where it is defined.
                let member = line.starts_with("export ") || line.starts_with("import ");
                if !plain && !member && (number == 0 || !lines[number - 1].starts_with("///")) {
                    problems.push(format!("wit/{folder}/{name}:{}: `{line}`", number + 1));
                }
            }
        }
    }
    report(problems);
}

#[test]
fn published_packages_are_frozen() {
    let mut problems = Vec::new();
    for (folder, released) in [("component", "airssys-component-0.1.0"), ("host", "airssys-host-0.1.0")] {
        let now = files(&workspace().join("wit").join(folder));
        for (name, text) in files(&workspace().join("wit/released").join(released)) {
            if now.get(&name) != Some(&text) {
                problems.push(format!(
                    "wit/{folder}/{name} differs from wit/released/{released}/{name}"
                ));
            }
        }
    }
    report(problems);
}

#[test]
fn the_crates_see_the_one_copy_of_the_contract() {
    for link in ["runtime/wit", "sdk/wit"] {
        let target = std::fs::read_link(workspace().join(link)).unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!(target, Path::new("../wit"), "{link}");
    }
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |entry: std::fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            std::fs::read_to_string(entry.path()).unwrap(),
        )
    };
    entries.map(|entry| read(entry.unwrap())).collect()
}
