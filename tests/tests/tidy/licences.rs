//! Every dependency may be used under the licences that `deny.toml` allows.

use std::collections::BTreeSet;
use std::process::Command;

use cargo_metadata::MetadataCommand;

use airssys_wasm_tests::workspace;

use super::report;

#[test]
fn every_dependency_has_an_allowed_licence() {
    let deny = std::fs::read_to_string(workspace().join("deny.toml")).unwrap();
    let deny: toml::Table = deny.parse().unwrap();
    let allow = deny["licenses"]["allow"].as_array().unwrap();
    let allowed: BTreeSet<&str> = allow.iter().map(|name| name.as_str().unwrap()).collect();
    let manifest = workspace().join("Cargo.toml");
    // Of other platforms nothing is downloaded, so nothing can be read.
    let options = ["--offline", "--locked", "--filter-platform", &host()].map(str::to_owned);
    let mut command = MetadataCommand::new();
    let metadata = command.manifest_path(manifest).other_options(options).exec().unwrap();
    let refused = metadata.packages.iter().filter_map(|package| {
        let licence = package.license.as_deref().unwrap_or("");
        (!permits(licence, &allowed)).then(|| format!("{} {}: `{licence}`", package.name, package.version))
    });
    report(refused.collect());
}

/// The platform that this is compiled for.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap()
        .to_owned()
}

/// Whether a licence expression can be met: one side of each `OR`, both sides of each `AND`.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ");
    let mut tokens = expression.replace('(', " ( ").replace(')', " ) ");
    // A licence with an exception is one name in the list of allowed ones.
    tokens = tokens.replace(" WITH ", "\u{1}");
    let tokens: Vec<String> = tokens
        .split_whitespace()
        .map(|token| token.replace('\u{1}', " WITH "))
        .collect();
    let mut rest = &tokens[..];
    either(&mut rest, allowed) && rest.is_empty()
}

fn either(rest: &mut &[String], allowed: &BTreeSet<&str>) -> bool {
    let mut met = both(rest, allowed);
    while skip(rest, "OR") {
        met |= both(rest, allowed);
    }
    met
}

fn both(rest: &mut &[String], allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(rest, allowed);
    while skip(rest, "AND") {
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[String], allowed: &BTreeSet<&str>) -> bool {
    if skip(rest, "(") {
        let met = either(rest, allowed);
        return skip(rest, ")") && met;
    }
    let Some((name, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    allowed.contains(name.as_str())
}

fn skip(rest: &mut &[String], word: &str) -> bool {
    let found = rest.first().is_some_and(|token| token == word);
    if found {
        *rest = &rest[1..];
    }
    found
}

#[test]
fn licence_expressions_are_read() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]);
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/Apache-2.0",
        "MIT AND Apache-2.0",
        "(GPL-3.0 OR MIT) AND Apache-2.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
    ] {
        assert!(permits(good, &allowed), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR GPL-3.0) AND GPL-3.0",
        "MIT MIT",
    ] {
        assert!(!permits(bad, &allowed), "{bad}");
    }
}
