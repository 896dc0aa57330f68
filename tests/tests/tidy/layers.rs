//! Which way dependencies point: never back.

use super::{report, sources};

/// The layers of the runtime, from the front door down; each may name those below it, never one above.
const LAYERS: &[&[&str]] = &[
    &["fuzzing"],
    &["control", "ingress", "testing"],
    &["host"],
    &["deploy"],
    &["actor", "observe", "store"],
    &["engine"],
    &["interface"],
    &["audit", "capability", "component", "typed", "usage"],
    &["event", "error", "printable"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn every_module_of_the_runtime_has_a_layer() {
    let unknown = |source: super::Source| {
        let module = module(&source.path)?;
        layer(module)
            .is_none()
            .then(|| format!("{}: name `{module}` in LAYERS", source.path))
    };
    report(sources(&["runtime/src"]).into_iter().filter_map(unknown).collect());
}

#[test]
fn no_layer_of_the_runtime_names_one_above() {
    let mut problems = Vec::new();
    for source in sources(&["runtime/src"]) {
        let Some(own) = module(&source.path).and_then(layer) else {
            continue;
        };
        let code = source.text.split("#[cfg(test)]").next().unwrap_or("");
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for named in line
                .split("crate::")
                .skip(1)
                .filter_map(|rest| rest.split([':', ';', '{', ' ']).next())
            {
                // Errors say what components are, and events carry names: the two lowest layers know each other.
                let lowest = own >= LAYERS.len() - 2;
                if layer(named).is_some_and(|named| named < own && !(lowest && named >= LAYERS.len() - 2)) {
                    problems.push(format!("{} names `{named}`: {}", source.path, line.trim()));
                }
            }
        }
    }
    report(problems);
}

#[test]
fn only_the_engine_and_the_interfaces_name_wasmtime() {
    let allowed = |path: &str| path.starts_with("runtime/src/engine/") || path.starts_with("runtime/src/interface/");
    let names = |text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.filter(|line| line.contains("wasmtime::") || line.contains("wasmtime_wasi"))
            .count()
            > 0
    };
    let all = sources(&["runtime/src", "cargo-airssys/src"]);
    let bad = all
        .iter()
        .filter(|source| !allowed(&source.path) && names(&source.text));
    report(bad.map(|source| source.path.clone()).collect());
}

#[test]
fn the_runtime_does_not_print_exit_or_read_the_environment() {
    const FORBIDDEN: [&str; 3] = ["process::exit", "env::var", "env::args"];
    let mut problems = Vec::new();
    for source in sources(&["runtime/src", "sdk/src"]) {
        for word in FORBIDDEN.iter().filter(|word| source.text.contains(**word)) {
            problems.push(format!("{} has `{word}`", source.path));
        }
    }
    report(problems);
}

#[test]
fn runtime_and_sdk_share_only_the_contract() {
    let names = |text: &str, other: &str| {
        text.lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains(other))
    };
    let mut problems = Vec::new();
    for source in sources(&["runtime/src"])
        .iter()
        .filter(|source| names(&source.text, "airssys_wasm_sdk"))
    {
        problems.push(source.path.clone());
    }
    for source in sources(&["sdk/src", "sdk/macros/src"])
        .iter()
        .filter(|source| names(&source.text, "airssys_wasm::"))
    {
        problems.push(source.path.clone());
    }
    report(problems);
}

/// The module of the runtime that a file belongs to; none for `lib.rs`.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("runtime/src/")?;
    let module = inside.split('/').next()?.trim_end_matches(".rs");
    (module != "lib").then_some(module)
}
