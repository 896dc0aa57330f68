//! Finds the project around a folder.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{MANIFEST, cargo, manifest};
use crate::exit::Failure;
use airssys_wasm::component::{BuildSection, ComponentName, Manifest, parse_version};

/// A project that builds one component.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// The root of its cargo workspace; its folder when it has none.
    pub(crate) root: PathBuf,
    /// Where builds go.
    pub(crate) target: PathBuf,
    /// Where cargo builds, when that is not where builds go.
    pub(crate) cargo_target: Option<PathBuf>,
    /// Its manifest, in which name, version and description are filled in.
    pub(crate) manifest: Manifest,
    /// The component's name.
    pub(crate) name: ComponentName,
    /// The licence, as an SPDX expression.
    pub(crate) licence: Option<String>,
    /// What builds it.
    pub(crate) builder: Builder,
    /// Whether it takes the SDK from the registry.
    pub(crate) uses_registry_sdk: bool,
}

/// What builds a component.
#[derive(Debug)]
pub(crate) enum Builder {
    /// Cargo, for this package.
    Cargo { package: String },
    /// The command in the manifest.
    Command(BuildSection),
}

/// Finds the project around `from`; `package` names one of several components of a cargo workspace.
pub(crate) fn find(from: &Path, package: Option<&str>) -> anyhow::Result<Project> {
    let folder = nearest(from).ok_or_else(|| {
        let message = format!(
            "there is neither a Cargo.toml nor a Component.toml in {} or above",
            from.display()
        );
        Failure::usage(
            "no-project",
            message,
            "run `{cli} init NAME` to make a project, or go to its folder",
        )
    })?;
    let said = manifest::read(folder)?;
    match said {
        Some(said) if said.build.is_some() && package.is_none() => of_command(folder, said),
        Some(_) if !folder.join("Cargo.toml").is_file() => {
            let message = format!("{} does not say how to build", folder.join(MANIFEST).display());
            let help = "add `[build]` with `command = \"…\"` and `artifact = \"dist/name.wasm\"`";
            Err(Failure::usage("no-build", message, help).into())
        }
        _ => of_cargo(folder, package),
    }
}

/// The nearest folder of a project around `from`, in the same repository: what was cloned into somebody's project is not
/// that project.
pub(super) fn nearest(from: &Path) -> Option<&Path> {
    let is_project = |folder: &&Path| {
        let mut manifests = [MANIFEST, "Cargo.toml"].map(|name| folder.join(name)).into_iter();
        manifests.any(|manifest| manifest.is_file() && is_known(&manifest, from))
    };
    reachable(from).find(is_project)
}

/// A folder and those above it in the same repository, up to one that somebody else has made.
pub(crate) fn reachable(folder: &Path) -> impl Iterator<Item = &Path> {
    let is_repository = |folder: &Path| fs::symlink_metadata(folder.join(".git")).is_ok();
    let (from, mut is_over) = (folder, false);
    folder.ancestors().take_while(move |folder| {
        let is_within = !is_over && is_known(folder, from);
        is_over = is_over || is_repository(folder);
        is_within
    })
}

/// Whether something above a folder is of this user, of the administrator, or of whoever the folder is of: in a directory
/// where all may write, anybody could say what is built there.
pub(super) fn is_known(path: &Path, from: &Path) -> bool {
    let owner = |path: &Path| fs::metadata(path).map(|found| found.uid()).ok();
    let found = owner(path);
    let known = [owner(from), Some(0), Some(rustix::process::geteuid().as_raw())];
    found.is_none() || known.contains(&found)
}

/// What the manifest of the project around `from` says of building it; cargo, which may be the project's own, is not
/// asked.
pub(crate) fn build_section(from: &Path) -> anyhow::Result<Option<BuildSection>> {
    let said = nearest(from).map(manifest::read).transpose()?.flatten();
    Ok(said.and_then(|said| said.build))
}

/// Finds the projects around `from` whose components belong together: those that are named, else the one in `from`, else
/// all of the workspace.
pub(crate) fn find_all(from: &Path, packages: &[String]) -> anyhow::Result<Vec<Project>> {
    if !packages.is_empty() {
        let packages: BTreeSet<&String> = packages.iter().collect();
        return packages.into_iter().map(|package| find(from, Some(package))).collect();
    }
    let is_ambiguous = |error: &anyhow::Error| {
        let failure = error.downcast_ref::<Failure>();
        failure.is_some_and(|failure| failure.code == "ambiguous-package")
    };
    match find(from, None) {
        Err(error) if is_ambiguous(&error) => {
            let names = cargo::components(from)?;
            names.iter().map(|name| find(from, Some(name))).collect()
        }
        found => Ok(vec![found?]),
    }
}

fn of_command(folder: &Path, mut said: Manifest) -> anyhow::Result<Project> {
    let absent = |key: &str, example: &str| {
        let message = format!("{} has no `{key}`", folder.join(MANIFEST).display());
        Failure::usage(
            "invalid-manifest",
            message,
            format!("add `{key} = \"{example}\"` under `[component]`"),
        )
    };
    let name = said.component.name.clone().ok_or_else(|| absent("name", "greeter"))?;
    if said.component.version.is_none() {
        return Err(absent("version", "0.1.0").into());
    }
    let Some(build) = said.build.take() else {
        return Err(absent("build", "make").into());
    };
    Ok(Project {
        folder: folder.to_owned(),
        root: folder.to_owned(),
        target: folder.join("target"),
        cargo_target: None,
        manifest: said,
        name,
        licence: None,
        builder: Builder::Command(build),
        uses_registry_sdk: false,
    })
}

fn of_cargo(folder: &Path, package: Option<&str>) -> anyhow::Result<Project> {
    let metadata = cargo::metadata(folder)?;
    let package = cargo::choose(&metadata, folder, package)?;
    let folder = package
        .manifest_path
        .parent()
        .map_or(folder, |folder| folder.as_std_path());
    let mut said = manifest::read(folder)?.unwrap_or_default();
    if said.build.is_some() {
        return of_command(folder, said);
    }
    let name = match &said.component.name {
        Some(name) => name.clone(),
        None => cargo_name(package)?,
    };
    said.component.name = Some(name.clone());
    if said.component.version.is_none() {
        said.component.version = Some(parse_version(&package.version.to_string()).map_err(airssys_wasm::Error::from)?);
    }
    if said.component.description.is_none() {
        said.component.description.clone_from(&package.description);
    }
    Ok(Project {
        folder: folder.to_owned(),
        root: metadata.workspace_root.clone().into(),
        target: metadata.target_directory.clone().into(),
        cargo_target: None,
        manifest: said,
        name,
        licence: package.license.clone(),
        builder: Builder::Cargo {
            package: package.name.to_string(),
        },
        uses_registry_sdk: cargo::uses_registry_sdk(&metadata),
    })
}

/// The component's name by Cargo.toml: what cargo-component projects say, else the package's name.
fn cargo_name(package: &cargo_metadata::Package) -> anyhow::Result<ComponentName> {
    let named = package
        .metadata
        .pointer("/component/package")
        .and_then(|name| name.as_str());
    let text = named.map_or_else(|| package.name.replace('_', "-"), str::to_owned);
    text.parse().map_err(|error| {
        let message = format!("{}: {error}", package.manifest_path);
        let help = "add a Component.toml with `manifest-version = 1` and `name = \"…\"` under `[component]`";
        Failure::usage("invalid-name", message, help).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn member(name: &str) -> String {
        format!("[package]\nname = \"{name}\"\nversion = \"1.2.3\"\n[lib]\ncrate-type = [\"cdylib\"]\n")
    }

    #[test]
    fn name_and_version_come_from_cargo_when_there_is_no_manifest() {
        let folder = project(&[("Cargo.toml", &member("my_greeter")), ("src/lib.rs", "")]);
        let found = find(&folder.path().join("src"), None).unwrap();
        assert_eq!(found.name.as_str(), "my-greeter");
        assert_eq!(found.manifest.component.version.unwrap().to_string(), "1.2.3");
    }

    #[test]
    fn a_cargo_component_project_is_understood() {
        let text = member("greeter") + "[package.metadata.component]\npackage = \"acme:greeter\"\n";
        let folder = project(&[("Cargo.toml", &text), ("src/lib.rs", "")]);
        assert_eq!(find(folder.path(), None).unwrap().name.as_str(), "acme:greeter");
    }

    #[test]
    fn one_of_several_components_must_be_chosen() {
        let folder = project(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n",
            ),
            ("a/Cargo.toml", &member("a")),
            ("a/src/lib.rs", ""),
            ("b/Cargo.toml", &member("b")),
            ("b/src/lib.rs", ""),
        ]);
        let error = find(folder.path(), None).unwrap_err().to_string();
        assert_eq!(error, "the workspace has 2 components: `a`, `b`");
        assert_eq!(find(folder.path(), Some("b")).unwrap().name.as_str(), "b");
        assert!(find(folder.path(), Some("c")).is_err());
    }

    #[test]
    fn other_languages_name_their_command() {
        let text = "manifest-version = 1\n[component]\nname = \"a\"\nversion = \"0.1.0\"\n\
                    [build]\ncommand = \"make\"\nartifact = \"a.wasm\"\n";
        let folder = project(&[("Component.toml", text)]);
        let found = find(folder.path(), None).unwrap();
        assert!(matches!(found.builder, Builder::Command(build) if build.command == "make"));
        let folder = project(&[("Component.toml", "manifest-version = 1\n")]);
        assert!(
            find(folder.path(), None)
                .unwrap_err()
                .to_string()
                .contains("does not say how to build")
        );
    }
}
