//! What cargo knows of a project.

use std::path::Path;

use cargo_metadata::{CrateType, Metadata, MetadataCommand, Package, TargetKind};

use super::MANIFEST;
use crate::exit::{Exit, Failure};

/// The names of all packages of the workspace around `from` that build components.
pub(super) fn components(from: &Path) -> anyhow::Result<Vec<String>> {
    let folder = from.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
    let metadata = metadata(folder.unwrap_or(from))?;
    let members = metadata.workspace_packages().into_iter();
    let components = members.filter(|package| is_component(package));
    Ok(components.map(|package| package.name.to_string()).collect())
}

/// Asks cargo for the workspace around `folder`, without resolving its dependencies.
pub(super) fn metadata(folder: &Path) -> anyhow::Result<Metadata> {
    let asked = MetadataCommand::new()
        .current_dir(folder)
        .manifest_path(folder.join("Cargo.toml"))
        .no_deps()
        .exec();
    asked.map_err(|error| {
        let said = match &error {
            cargo_metadata::Error::CargoMetadata { stderr } => stderr.trim().to_owned(),
            other => other.to_string(),
        };
        let message = format!("cargo cannot read {}", folder.join("Cargo.toml").display());
        let help = "correct what cargo says above; `cargo metadata` says it again";
        Failure::new(Exit::BuildFailed, "unreadable-project", message, help)
            .with_transcript(said)
            .into()
    })
}

/// The package to build: the one that is named, else the one in `folder`, else the workspace's only component.
pub(super) fn choose<'a>(metadata: &'a Metadata, folder: &Path, name: Option<&str>) -> Result<&'a Package, Failure> {
    let members = metadata.workspace_packages();
    let components: Vec<&Package> = members
        .iter()
        .copied()
        .filter(|package| is_component(package))
        .collect();
    let names = || {
        components
            .iter()
            .map(|package| format!("`{}`", package.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(name) = name {
        let found = members.iter().copied().find(|package| package.name.as_str() == name);
        return found.ok_or_else(|| {
            let message = format!("the workspace has no package `{name}`");
            Failure::usage("unknown-package", message, format!("its components are {}", names()))
        });
    }
    let here = folder.join("Cargo.toml");
    let is_here = |package: &&Package| same(package.manifest_path.as_std_path(), &here);
    if let Some(package) = members.iter().copied().find(is_here) {
        return Ok(package);
    }
    match components.as_slice() {
        [package] => Ok(package),
        [] => {
            let help = "give one of its packages `crate-type = [\"cdylib\"]`, or add one with `{cli} init`";
            Err(Failure::usage("no-component", "the workspace has no component", help))
        }
        several => {
            let message = format!("the workspace has {} components: {}", several.len(), names());
            let help = format!("choose one with `-p {}`", several[0].name);
            Err(Failure::usage("ambiguous-package", message, help))
        }
    }
}

/// Whether a package of this workspace takes the SDK from the registry.
pub(super) fn uses_registry_sdk(metadata: &Metadata) -> bool {
    let is_sdk = |dependency: &cargo_metadata::Dependency| {
        dependency.name == "airssys-wasm-sdk" && dependency.source.is_some() && dependency.path.is_none()
    };
    metadata
        .workspace_packages()
        .iter()
        .any(|package| package.dependencies.iter().any(is_sdk))
}

/// Whether a package builds a component.
fn is_component(package: &Package) -> bool {
    let has_library = package
        .targets
        .iter()
        .any(|target| target.crate_types.contains(&CrateType::CDyLib));
    let is_described = package.metadata.get("component").is_some()
        || package.manifest_path.with_file_name(MANIFEST).as_std_path().exists();
    let has_target = package
        .targets
        .iter()
        .any(|target| target.kind.contains(&TargetKind::Bin));
    has_library || (is_described && has_target)
}

fn same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
