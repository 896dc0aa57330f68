//! From the compiler's output to a component that says what it is: validation, metadata, the manifest inside.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};

use super::project::{Builder, Project};
use super::{files, runtime_imports};
use crate::exit::{Exit, Failure};
use crate::toolchain::Profile;
use airssys_wasm::component::{ComponentName, Inspection, MANIFEST_SECTION, Manifest, inspect};

/// A component that is ready to be deployed anywhere.
#[derive(Debug)]
pub(crate) struct Artifact {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// What the bytes say of themselves.
    pub(crate) inspection: Inspection,
    /// The imports that come from the runtime of its language.
    pub(crate) of_runtime: Vec<String>,
    /// What its author should know.
    pub(crate) warnings: Vec<String>,
}

/// Validates what a compiler left at `built`, puts the project's metadata into it and writes it where it is deployed from.
/// A dev build has a file of its own, so that it is not deployed by mistake where a release build is wanted.
pub(crate) fn finish(project: &Project, profile: Profile, built: &Path) -> anyhow::Result<Artifact> {
    let bytes = files::read(built)?;
    let found = inspect(&bytes)?;
    let mut warnings = check(project, &found)?;
    let mut bytes = stamp(project, &bytes, &mut warnings)?;
    let of_runtime = match project.builder {
        Builder::Command(_) => runtime_imports::find(project, &found.imports),
        // Everything that the standard library imports comes from it, as every author of Rust knows.
        Builder::Cargo { .. } => Vec::new(),
    };
    if !of_runtime.is_empty() {
        runtime_imports::append(&of_runtime, &mut bytes);
    }
    let folder = project.target.join("airssys");
    let folder = match profile {
        Profile::Release => folder,
        Profile::Dev => folder.join(profile.as_str()),
    };
    let path = folder.join(format!("{}.wasm", stem(&project.name)));
    files::write(&path, &bytes)?;
    Ok(Artifact {
        inspection: inspect(&bytes)?,
        path,
        bytes,
        of_runtime,
        warnings,
    })
}

/// What the file of a component is called, without its extension.
pub(crate) fn stem(name: &ComponentName) -> String {
    name.as_str().replace(':', "-")
}

/// Refuses imports that no host offers, all at once, and warns of those that the manifest does not ask for.
fn check(project: &Project, found: &Inspection) -> Result<Vec<String>, Failure> {
    // What a guest imports of its own contract are types, which need no one to offer them.
    let unknown: Vec<_> = found
        .imports
        .iter()
        .filter(|import| !airssys_wasm::is_offered(import))
        .collect();
    if !unknown.is_empty() {
        let names = unknown
            .iter()
            .map(|import| format!("`{import}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!("the component imports {names}, which this host does not offer");
        let help = "remove what uses it; this host offers WASI 0.2";
        return Err(Failure::new(Exit::Incompatible, "unknown-import", message, help));
    }
    let asks = &project.manifest.capabilities;
    let uses_network = found.imports.iter().any(|import| import.starts_with("wasi:sockets/"));
    let mut warnings = Vec::new();
    if uses_network && asks.network_outbound.is_empty() && asks.network_inbound.is_empty() {
        warnings.push(
            "the component imports wasi:sockets and asks for no network: \
             add `network-outbound = [\"https://host:443\"]` under `[capabilities]` in Component.toml"
                .into(),
        );
    }
    Ok(warnings)
}

/// Puts name, version, description and licence into the bytes, and the manifest, so that the file deploys by itself.
fn stamp(project: &Project, bytes: &[u8], warnings: &mut Vec<String>) -> anyhow::Result<Vec<u8>> {
    let said = &project.manifest.component;
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(project.name.to_string());
    metadata.processed_by = vec![(env!("CARGO_PKG_NAME").into(), env!("CARGO_PKG_VERSION").into())];
    if let Some(version) = &said.version {
        metadata.version = AddMetadataField::Set(Version::new(version.to_string()));
    }
    if let Some(description) = &said.description {
        metadata.description = AddMetadataField::Set(Description::new(description.clone()));
    }
    if let Some(licence) = &project.licence {
        match Licenses::new(licence) {
            Ok(licence) => metadata.licenses = AddMetadataField::Set(licence),
            Err(_) => warnings.push(format!(
                "the licence `{licence}` is no SPDX expression, so that it is left out"
            )),
        }
    }
    let mut bytes = metadata
        .to_wasm(bytes)
        .context("the component's metadata could not be written")?;
    let text = project.manifest.to_toml();
    if let Err(error) = Manifest::parse(&text) {
        // Whoever reads the component would find none in it, and take it to ask for nothing.
        let message = format!("Component.toml cannot be put into the component: {}", error.reason);
        let help =
            "say the same with fewer patterns and values: keys that are left out count as well once they are written";
        return Err(Failure::usage("invalid-manifest", message, help).into());
    }
    let manifest = CustomSection {
        name: MANIFEST_SECTION.into(),
        data: text.into_bytes().into(),
    };
    manifest.append_to_component(&mut bytes);
    Ok(bytes)
}
