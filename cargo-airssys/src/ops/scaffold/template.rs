//! The templates inside this program: one folder for each language and kind, discovered rather than listed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};
use serde::Deserialize;

use crate::tools::Tool;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Ends the names of files that are rendered; other files are copied.
const RENDERED: &str = ".tmpl";

/// The WIT that worlds are written with, by package.
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embedded/wit");

/// Where a project has the packages that its world uses.
const DEPENDENCIES: &str = "wit/deps";

/// What a template says of itself.
const DESCRIPTION: &str = "template.toml";

/// A template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The name of its folder.
    pub(crate) name: &'static str,
    /// What it makes, in a few words.
    pub(crate) description: String,
    /// What to try first in a new project: verbs with their arguments, in which `NAME` stands for the component.
    pub(crate) first: Vec<String>,
    /// The packages of WIT that a project gets a copy of.
    wit: Vec<String>,
    folder: &'static Dir<'static>,
}

/// What templates may show.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// The component's name with its namespace.
    pub(super) name: String,
    /// The component's name without its namespace.
    pub(super) package: String,
    /// The name of the component's file, without its extension.
    pub(super) file: String,
    /// What the component does, as a TOML string.
    pub(super) description: String,
    /// What the component does, as a text in double quotes, as most languages have it.
    pub(super) quoted: String,
    /// What the component does, as a line of text.
    pub(super) summary: String,
    /// The version of the SDK.
    pub(super) sdk_version: &'static str,
    /// Whether another cargo workspace surrounds the project.
    pub(super) nested: bool,
    /// Spaces that line up what stands behind a short name.
    pub(super) pad: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    description: String,
    first: Vec<String>,
    #[serde(default)]
    wit: Vec<String>,
}

impl Values {
    fn shown(&self) -> Value {
        context! {
            name => self.name.as_str(),
            package => self.package.as_str(),
            file => self.file.as_str(),
            description => self.description.as_str(),
            quoted => self.quoted.as_str(),
            summary => self.summary.as_str(),
            sdk_version => self.sdk_version,
            nested => self.nested,
            pad => self.pad.as_str(),
        }
    }
}

/// Every template, by name.
pub(crate) fn templates() -> anyhow::Result<Vec<Template>> {
    let read = |folder: &'static Dir<'static>| {
        let name = folder.path().to_str().unwrap_or_default();
        let text = folder
            .get_file(folder.path().join(DESCRIPTION))
            .and_then(|file| file.contents_utf8());
        let described: Described = toml::from_str(text.unwrap_or_default())
            .with_context(|| format!("the template `{name}` has no {DESCRIPTION} that can be read"))?;
        Ok(Template {
            name,
            description: described.description,
            first: described.first,
            wit: described.wit,
            folder,
        })
    };
    let mut templates = TEMPLATES.dirs().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    templates.sort_by_key(|template| template.name);
    Ok(templates)
}

impl Template {
    /// The language that its projects are written in.
    pub(crate) fn language(&self) -> &'static str {
        self.name.split_once('-').map_or(self.name, |(language, _)| language)
    }

    /// What its projects are: `component`, `http`, `command`.
    pub(crate) fn kind(&self) -> &'static str {
        self.name.split_once('-').map_or(self.name, |(_, kind)| kind)
    }

    /// The tools that its projects are built with, as their manifest names them.
    pub(crate) fn tools(&self) -> Vec<Tool> {
        let manifest = self.folder.get_file(self.folder.path().join("Component.toml.tmpl"));
        let text = manifest.and_then(|file| file.contents_utf8()).unwrap_or_default();
        // The rest of the file is no TOML yet.
        let line = text
            .lines()
            .find(|line| line.starts_with("tools = "))
            .unwrap_or_default();
        let table: toml::Table = toml::from_str(line).unwrap_or_default();
        let named = table.get("tools").and_then(toml::Value::as_array).into_iter().flatten();
        named.filter_map(|tool| tool.as_str()?.parse().ok()).collect()
    }

    /// The files of a project, by path.
    pub(super) fn render(&self, values: &Values) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let mut syntax = SyntaxConfig::builder();
        environment.set_syntax(
            syntax
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()?,
        );
        let shown = values.shown();
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder];
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            for file in folder.files() {
                let path = file
                    .path()
                    .strip_prefix(self.folder.path())
                    .unwrap_or(file.path())
                    .to_string_lossy();
                if path == DESCRIPTION {
                    continue;
                }
                let (path, content) = match (path.strip_suffix(RENDERED), file.contents_utf8()) {
                    (Some(path), Some(text)) => {
                        let rendered = environment.render_str(text, &shown);
                        let rendered = rendered.with_context(|| format!("{}: {path}", self.name))?;
                        (path.to_owned(), rendered.into_bytes())
                    }
                    _ => (path.clone().into_owned(), file.contents().to_vec()),
                };
                files.insert(hidden(&path), content);
            }
        }
        for package in &self.wit {
            let folder = CONTRACT.get_dir(package);
            let folder = folder.with_context(|| format!("{}: there is no WIT package `{package}`", self.name))?;
            for file in folder.files() {
                files.insert(
                    format!("{DEPENDENCIES}/{}", file.path().display()),
                    file.contents().to_vec(),
                );
            }
        }
        Ok(files)
    }
}

/// A `.gitignore` would take effect in this repository, so that templates store it without its dot.
fn hidden(path: &str) -> String {
    if path == "gitignore" {
        ".gitignore".into()
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(nested: bool) -> Values {
        Values {
            name: "acme:hello".into(),
            package: "hello".into(),
            file: "acme-hello".into(),
            description: "\"Greets \\\"all\\\".\"".into(),
            quoted: r#""Greets \"all\".""#.into(),
            summary: "Greets \"all\".".into(),
            sdk_version: "0.1.0",
            nested,
            pad: String::new(),
        }
    }

    #[test]
    fn every_template_renders_completely() {
        for template in templates().unwrap() {
            assert!(!template.description.is_empty() && !template.first.is_empty());
            let files = template.render(&values(true)).unwrap();
            for (path, content) in &files {
                let text = String::from_utf8_lossy(content);
                assert!(
                    !path.ends_with(RENDERED) && !text.contains("{{") && !text.contains("{%"),
                    "{path}: {text}"
                );
                assert!(
                    text.ends_with('\n') && !text.ends_with("\n\n"),
                    "{path} does not end with one line end"
                );
            }
            for path in ["Component.toml", "README.md", ".gitignore"] {
                assert!(files.contains_key(path), "{} has no {path}", template.name);
            }
        }
    }

    #[test]
    fn manifests_are_what_they_should_be() {
        for template in templates().unwrap() {
            for nested in [true, false] {
                let files = template.render(&values(nested)).unwrap();
                let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
                let manifest = airssys_wasm::component::Manifest::parse(&text("Component.toml")).unwrap();
                assert_eq!(manifest.component.name.unwrap().as_str(), "acme:hello");
                let Some(cargo) = files.get("Cargo.toml") else {
                    let build = manifest.build.unwrap();
                    assert!(
                        build.test.is_some() && manifest.component.version.is_some(),
                        "{}",
                        template.name
                    );
                    continue;
                };
                let cargo: toml::Table = toml::from_str(std::str::from_utf8(cargo).unwrap()).unwrap();
                assert_eq!(cargo["package"]["description"].as_str(), Some("Greets \"all\"."));
                assert_eq!(cargo.contains_key("workspace"), nested);
            }
        }
    }
}
