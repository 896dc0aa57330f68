//! Templates, and whether what their projects are built with can be had here.

use std::io::Write as _;
use std::path::PathBuf;

use tokio::sync::{Mutex, MutexGuard};

use airssys_wasm_tests::workspace;
use cargo_airssys::toolchain::{self, Silent};
use cargo_airssys::tools::{self, Tool, ToolError};

/// A template, and a change of what its component answers.
pub(crate) struct Template {
    pub(crate) language: &'static str,
    /// A file of its projects.
    pub(crate) source: &'static str,
    /// The text there that ends a greeting, and the one that ends it with a question mark.
    pub(crate) change: (&'static str, &'static str),
}

pub(crate) const RUST: Template = Template {
    language: "rust",
    source: "src/lib.rs",
    change: ("{}, {name}!", "{}, {name}?"),
};

pub(crate) const C: Template = Template {
    language: "c",
    source: "src/greeting.c",
    change: ("= '!';", "= '?';"),
};

pub(crate) const CPP: Template = Template {
    language: "cpp",
    source: "src/greeting.cpp",
    change: ("+ \"!\";", "+ \"?\";"),
};

pub(crate) const GO: Template = Template {
    language: "go",
    source: "greeting/greeting.go",
    change: ("+ \"!\"", "+ \"?\""),
};

pub(crate) const PYTHON: Template = Template {
    language: "python",
    source: "src/greeting.py",
    change: ("{name}!", "{name}?"),
};

pub(crate) const JAVASCRIPT: Template = Template {
    language: "javascript",
    source: "src/greeting.js",
    change: ("${trimmed}!", "${trimmed}?"),
};

pub(crate) const TYPESCRIPT: Template = Template {
    language: "typescript",
    source: "src/greeting.ts",
    change: ("${trimmed}!", "${trimmed}?"),
};

/// Held by each test, because two that compile an engine at the same time keep each other beyond their deadlines.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

impl Template {
    /// Whether its tools are here, installed now if they were not.
    pub(crate) async fn is_here(&self) -> bool {
        let language = self.language;
        let provided = tokio::task::spawn_blocking(move || provide(language)).await.unwrap();
        match provided {
            Ok(_) => true,
            Err(error @ (ToolError::Program { .. } | ToolError::Installation { .. })) => {
                report(&format!("not run: {language}: {error}"));
                false
            }
            Err(error) => panic!("{language}: {error}"),
        }
    }
}

/// Writes past the test runner, which keeps to itself what a test prints that succeeds.
fn report(line: &str) {
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(std::io::stderr(), "\n{}", line.replace('\n', " "));
}

fn provide(language: &str) -> Result<Vec<PathBuf>, ToolError> {
    let cache = toolchain::user_cache().expect("the person who runs the tests has a home");
    tools::provide(&named(language), &cache, &cache, &Silent)
}

/// The tools that the manifest of a template names.
fn named(language: &str) -> Vec<Tool> {
    let path = format!("templates/{language}-component/Component.toml.tmpl");
    let text = std::fs::read_to_string(workspace().join(path)).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("tools = "))
        .unwrap_or_default();
    let table: toml::Table = line.parse().unwrap();
    let named = table
        .get("tools")
        .and_then(|tools| tools.as_array())
        .into_iter()
        .flatten();
    named.map(|tool| tool.as_str().unwrap().parse().unwrap()).collect()
}
