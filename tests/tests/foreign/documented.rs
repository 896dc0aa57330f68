//! The book's commands are those that build the components here.

use airssys_wasm_tests::workspace;

use super::Language;
use super::language::{C, PYTHON, QUICKJS, STARLINGMONKEY};

const PAGE: &str = "docs/src/components-from-elsewhere.md";

#[test]
fn the_book_has_the_commands_and_the_versions() {
    let page = std::fs::read_to_string(workspace().join(PAGE)).unwrap();
    for language in [PYTHON, QUICKJS, STARLINGMONKEY, C] {
        let command = written(&language);
        assert!(page.lines().any(|line| line == command), "{PAGE} lacks `{command}`");
    }
    for (file, version) in [
        ("python/requirements.txt", "componentize-py==0.25.1"),
        ("c/requirements.txt", "ziglang==0.17.0"),
        ("javascript/package.json", "\"@bytecodealliance/jco\": \"1.35.0\""),
    ] {
        let requirements = std::fs::read_to_string(workspace().join("tests/foreign").join(file)).unwrap();
        assert!(
            requirements.contains(version),
            "{PAGE} installs another version than {file}"
        );
    }
    for installed in ["componentize-py==0.25.1", "ziglang==0.17.0", "jco@1.35.0"] {
        assert!(page.contains(installed), "{PAGE} lacks {installed}");
    }
}

/// The command as a person types it, who has the tools on the path.
fn written(language: &Language) -> String {
    let line = language.build.join(" ").replace("{world}", "greeter");
    line.replace("{tools}/venv/bin/", "")
        .replace("{tools}/node_modules/.bin/", "npx ")
}
