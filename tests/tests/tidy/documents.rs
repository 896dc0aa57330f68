//! Documents that have to say what the code says.

use std::collections::BTreeSet;

use super::sources;
use airssys_wasm::Error;
use airssys_wasm::capability::Policy;
use airssys_wasm_tests::workspace;

/// What begins the second table of errors.
const OF_COMMAND_LINE: &str = "\n## Of the command line\n";

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_error_code_has_its_row() {
    let document = read("docs/src/errors.md");
    let (of_host, _) = document.split_once(OF_COMMAND_LINE).unwrap();
    assert_eq!(rows(of_host), Error::CODES);
}

#[test]
fn every_code_of_the_command_line_has_its_row_and_no_other() {
    let document = read("docs/src/errors.md");
    let (_, own) = document.split_once(OF_COMMAND_LINE).unwrap();
    let documented: BTreeSet<&str> = rows(own).into_iter().collect();
    let sources = sources(&["cargo-airssys/src"]);
    let used: BTreeSet<&str> = sources.iter().flat_map(|source| codes(&source.text)).collect();
    let used = used.into_iter().filter(|code| !Error::CODES.contains(code)).collect();
    assert_eq!(documented, used);
}

/// The codes in the first column of a table.
fn rows(document: &str) -> Vec<&str> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect()
}

/// The codes of the failures that a file of the command line makes.
fn codes(text: &str) -> Vec<&str> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let failures = ["Failure::usage(", "Failure::new("];
    let calls = failures
        .into_iter()
        .flat_map(|call| text.split(call).skip(1).map(move |rest| (call, rest)));
    let mut found = Vec::new();
    for (call, arguments) in calls {
        let position = usize::from(call == "Failure::new(");
        let code = arguments.split(',').nth(position).unwrap().trim();
        match code.strip_prefix('"') {
            Some(code) => found.push(code.trim_end_matches('"')),
            // It is chosen elsewhere in the file.
            None if code == "code" => found.extend(text.split('"').filter(|part| is_compound(part))),
            // It is that of a host's error.
            None => assert!(code.ends_with(".code().as_str()"), "{code}"),
        }
    }
    found
}

/// Whether this is of at least two words in kebab-case.
fn is_compound(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.contains('-') && text.split('-').all(is_word)
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = read("docs/src/SUMMARY.md");
    for entry in std::fs::read_dir(workspace().join("docs/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(!is_page || summary.contains(&format!("({name})")), "{name}");
    }
}

/// `SCHEMAS=update` writes it.
#[test]
fn the_schema_of_a_policy_is_what_is_read() {
    let path = workspace().join("docs/src/policy.schema.json");
    let schema = serde_json::to_string_pretty(&Policy::schema()).unwrap() + "\n";
    if std::env::var_os("SCHEMAS").is_some_and(|wish| wish == "update") {
        std::fs::write(&path, &schema).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|found| found == schema),
        "run with SCHEMAS=update"
    );
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
