//! Installs tools from the registry of Node.js, in a folder of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::place::Set;
use super::provide::{Installer, Step};
use super::{Tool, ToolError, known, look, pip};
use crate::bounded;

/// The oldest Node.js that jco runs in.
const OLDEST: (u32, u32) = (20, 0);

const HELP: &str =
    "install Node.js 20 or newer with npm, for example from https://nodejs.org, then run the command again";

pub(super) fn install(set: &Set, folder: &Path, installer: &Installer<'_>) -> Result<(), ToolError> {
    check(&set.label())?;
    let manifest = folder.join("package.json");
    let refused = |source| ToolError::Folder {
        folder: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(refused)?;
    fs::write(&manifest, package_json(set)).map_err(refused)?;
    let mut npm = Command::new("npm");
    // `npm ci` refuses lock files that were written on another platform.
    npm.args([
        "install",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        // Else it would look above for a package that this one is a part of.
        "--no-workspaces",
    ]);
    npm.current_dir(folder);
    installer.run(
        Step {
            said: "downloading and unpacking",
            no_growth: false,
        },
        &mut npm,
    )
}

/// What is installed, in npm's own words.
pub(super) fn package_json(set: &Set) -> String {
    let mut dependencies = Map::new();
    let mut overrides = Map::new();
    for tool in &set.tools {
        for (package, version) in known::held(tool) {
            overrides.insert((*package).into(), json!(version));
        }
    }
    for tool in &set.tools {
        // A direct dependency that is overridden is an error to npm.
        overrides.remove(&tool.package);
        dependencies.insert(tool.package.clone(), json!(tool.version));
    }
    let manifest = json!({ "private": true, "dependencies": dependencies, "overrides": overrides });
    format!("{manifest:#}\n")
}

/// The version of a package that is installed in this folder.
fn version(package: &Path) -> Option<String> {
    let manifest: Value = serde_json::from_slice(bounded::text(&package.join("package.json"))?.as_bytes()).ok()?;
    Some(manifest.get("version")?.as_str()?.to_owned())
}

/// Whether a folder of packages has a tool; less than a whole version is any that begins so.
pub(super) fn has_package(packages: &Path, tool: &Tool) -> bool {
    let is_wanted = |found: String| {
        let rest = found.strip_prefix(&tool.version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    version(&packages.join(&tool.package)).is_some_and(is_wanted)
}

/// Whether Node.js and npm are there and new enough.
pub(super) fn check(wanted: &str) -> Result<String, ToolError> {
    let refused = |program: &'static str, reason: String| ToolError::Program {
        wanted: wanted.into(),
        program,
        reason,
        help: HELP,
    };
    let node = look::version("node").map_err(|reason| refused("Node.js", reason.to_string()))?;
    if pip::numbers(&node).is_some_and(|found| found < OLDEST) {
        return Err(refused("Node.js", format!("{node} is older than {}", OLDEST.0)));
    }
    let npm = look::version("npm").map_err(|reason| refused("npm", reason.to_string()))?;
    Ok(format!("Node.js {node}, npm {npm}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_needs_is_held_to_its_version() {
        let set = |tools: &[&str]| Set::of(&tools.iter().map(|tool| tool.parse().unwrap()).collect::<Vec<_>>());
        let manifest: Value =
            serde_json::from_str(&package_json(&set(&["npm:@bytecodealliance/jco@1.35.0"])[0])).unwrap();
        assert_eq!(manifest["dependencies"]["@bytecodealliance/jco"], "1.35.0");
        assert_eq!(manifest["overrides"]["@bytecodealliance/preview2-shim"], "0.26.0");
        let both = &set(&["npm:@bytecodealliance/jco@1.35.0", "npm:componentize-qjs@0.4.6"])[0];
        let manifest: Value = serde_json::from_str(&package_json(both)).unwrap();
        assert_eq!(manifest["dependencies"]["componentize-qjs"], "0.4.6");
        assert!(manifest["overrides"].get("componentize-qjs").is_none());
    }
}
