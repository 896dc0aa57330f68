//! Documents that have to say what the code says.

use airssys_wasm::Error;
use airssys_wasm_tests::workspace;

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_error_code_has_its_row() {
    let document = read("docs/src/errors.md");
    let rows: Vec<&str> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(rows, Error::CODES);
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = read("docs/src/SUMMARY.md");
    for entry in std::fs::read_dir(workspace().join("docs/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name}");
    }
}

#[test]
fn dependencies_are_declared_once() {
    let mut problems = Vec::new();
    for path in ["cargo-airssys", "runtime", "sdk", "sdk/macros", "tests"] {
        let manifest: toml::Table = read(&format!("{path}/Cargo.toml")).parse().unwrap();
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(kind).and_then(toml::Value::as_table) else {
                continue;
            };
            let inherited = |value: &toml::Value| value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            let own = table.iter().filter(|(_, value)| !inherited(value));
            problems.extend(own.map(|(name, _)| format!("{path}/Cargo.toml: {name}")));
        }
    }
    super::report(problems);
}

#[test]
fn the_documents_that_a_reader_expects_are_there() {
    for path in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(!read(path).trim().is_empty(), "{path}");
    }
}
