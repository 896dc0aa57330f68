//! The book's commands are those that build the components here.

use airssys_wasm_tests::workspace;
use cargo_airssys::tools::{Registry, Tool};

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
    for language in [PYTHON, QUICKJS, C] {
        for tool in language.tools {
            let tool: Tool = tool.parse().unwrap();
            let installed = match tool.registry {
                Registry::Pip => format!("pip install {}=={}", tool.package, tool.version),
                _ => format!("npm install {}@{}", tool.package, tool.version),
            };
            assert!(page.lines().any(|line| line == installed), "{PAGE} lacks `{installed}`");
        }
    }
}

/// The command as a person types it, who has the tools on the path.
fn written(language: &Language) -> String {
    let line = language.build.join(" ").replace("{world}", "greeter");
    line.replace("{tools}/jco", "npx jco").replace("{tools}/", "")
}
