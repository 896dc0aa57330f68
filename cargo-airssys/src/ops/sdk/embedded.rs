//! The sources of the SDK inside this program, as the small cargo workspace they are unpacked as.

use std::collections::BTreeMap;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};
use toml_edit::{DocumentMut, Item, Table};

/// Cargo leaves folders with a `Cargo.toml` out of a package, so that the manifests are called `Cargo.toml.tmpl` here.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embedded");

/// Every file of the workspace by its path.
pub(super) fn files() -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for (from, to) in [("sdk", "sdk"), ("macros", "sdk/macros")] {
        let folder = EMBEDDED
            .get_dir(from)
            .with_context(|| format!("the embedded folder `{from}` is missing"))?;
        collect(folder, from, to, &mut files);
    }
    let mut needed = Vec::new();
    for manifest in ["sdk/Cargo.toml", "sdk/macros/Cargo.toml"] {
        let text = files
            .remove(&format!("{manifest}.tmpl"))
            .with_context(|| format!("no embedded {manifest}"))?;
        let mut manifest_of_crate: DocumentMut = String::from_utf8(text)?.parse()?;
        // What serves the development of the SDK itself.
        for key in ["dev-dependencies", "lints"] {
            manifest_of_crate.remove(key);
        }
        needed.extend(dependencies(&manifest_of_crate));
        files.insert(manifest.into(), manifest_of_crate.to_string().into_bytes());
    }
    files.insert("Cargo.toml".into(), workspace(&needed)?.into_bytes());
    Ok(files)
}

fn collect(folder: &Dir<'_>, from: &str, to: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy();
        // Snapshots serve the tests of the macros, which stay behind.
        if path.ends_with(".snap") {
            continue;
        }
        let path = format!("{to}{}", path.strip_prefix(from).unwrap_or(&path));
        files.insert(path, file.contents().to_vec());
    }
    for folder in folder.dirs() {
        collect(folder, from, to, files);
    }
}

fn dependencies(manifest: &DocumentMut) -> Vec<String> {
    let table = manifest.get("dependencies").and_then(Item::as_table);
    table
        .into_iter()
        .flat_map(Table::iter)
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The root manifest: what the crates inherit from this project's own, and nothing else.
fn workspace(needed: &[String]) -> anyhow::Result<String> {
    let text = EMBEDDED
        .get_file("workspace.toml")
        .and_then(|file| file.contents_utf8());
    let mut root: DocumentMut = text.context("the embedded workspace.toml is missing")?.parse()?;
    root.retain(|key, _| key == "workspace");
    let workspace = root
        .get_mut("workspace")
        .and_then(Item::as_table_mut)
        .context("workspace.toml has no workspace")?;
    workspace.retain(|key, _| matches!(key, "resolver" | "package" | "dependencies"));
    workspace.insert(
        "members",
        toml_edit::value(toml_edit::Array::from_iter(["sdk", "sdk/macros"])),
    );
    if let Some(dependencies) = workspace.get_mut("dependencies").and_then(Item::as_table_mut) {
        dependencies.retain(|name, _| needed.iter().any(|needed| needed == name));
    }
    Ok(root.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_has_both_crates_and_the_contract() {
        let files = files().unwrap();
        for path in [
            "Cargo.toml",
            "sdk/Cargo.toml",
            "sdk/src/lib.rs",
            "sdk/wit/component/types.wit",
            "sdk/macros/Cargo.toml",
            "sdk/macros/src/lib.rs",
        ] {
            assert!(files.contains_key(path), "{path} is missing");
        }
        assert!(files.keys().all(|path| !path.ends_with(".tmpl")));
    }

    #[test]
    fn the_manifests_name_only_what_a_component_needs() {
        let files = files().unwrap();
        let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        let root = text("Cargo.toml");
        assert!(
            root.contains("wit-bindgen") && root.contains("members = [\"sdk\", \"sdk/macros\"]"),
            "{root}"
        );
        for absent in ["wasmtime", "profile", "default-members", "trybuild", "lints"] {
            assert!(!root.contains(absent), "{absent} in {root}");
        }
        assert!(!text("sdk/Cargo.toml").contains("trybuild"));
    }
}
