//! The sources of the SDK and of the host library inside this program, as the small cargo workspaces they are unpacked as.

use std::collections::BTreeMap;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};
use toml_edit::{DocumentMut, Item, Table};

/// Cargo leaves folders with a `Cargo.toml` out of a package, so that the manifests are called `Cargo.toml.tmpl` here.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embedded");

/// A crate that this program carries, with the crates that belong to it.
#[derive(Debug)]
pub(super) struct Sources {
    /// The crate that projects depend on.
    pub(super) name: &'static str,
    /// The folder of that crate in its workspace, and of the workspaces in the user's cache.
    pub(super) folder: &'static str,
    /// Each crate's embedded folder, and its folder in the workspace.
    crates: &'static [(&'static str, &'static str)],
}

/// What components are written against.
pub(super) const SDK: Sources = Sources {
    name: "airssys-wasm-sdk",
    folder: "sdk",
    crates: &[("sdk", "sdk"), ("macros", "sdk/macros")],
};

/// The host library, for tests.
/// It is apart, so that a change of it does not compile components anew.
pub(super) const RUNTIME: Sources = Sources {
    name: "airssys-wasm",
    folder: "runtime",
    crates: &[("runtime", "runtime")],
};

/// Every file of the workspace by its path.
pub(super) fn files(sources: &Sources) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for (from, to) in sources.crates {
        let folder = EMBEDDED
            .get_dir(from)
            .with_context(|| format!("the embedded folder `{from}` is missing"))?;
        collect(folder, from, to, &mut files);
    }
    let mut needed = Vec::new();
    for (_, to) in sources.crates {
        let manifest = format!("{to}/Cargo.toml");
        let text = files
            .remove(&format!("{manifest}.tmpl"))
            .with_context(|| format!("no embedded {manifest}"))?;
        let mut manifest_of_crate: DocumentMut = String::from_utf8(text)?.parse()?;
        // What serves the development of the crate itself.
        for key in ["bench", "dev-dependencies", "lints"] {
            manifest_of_crate.remove(key);
        }
        needed.extend(dependencies(&manifest_of_crate));
        files.insert(manifest, manifest_of_crate.to_string().into_bytes());
    }
    files.insert("Cargo.toml".into(), workspace(sources, &needed)?.into_bytes());
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
fn workspace(sources: &Sources, needed: &[String]) -> anyhow::Result<String> {
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
    let members = sources.crates.iter().map(|(_, folder)| *folder);
    workspace.insert("members", toml_edit::value(toml_edit::Array::from_iter(members)));
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
        let files = files(&SDK).unwrap();
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
        let files = files(&SDK).unwrap();
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

    #[test]
    fn the_host_library_is_a_workspace_of_its_own() {
        let files = files(&RUNTIME).unwrap();
        for path in [
            "Cargo.toml",
            "runtime/src/lib.rs",
            "runtime/wit/component/types.wit",
            "runtime/wit/deps/io/io.wit",
            "runtime/wit/deps/logging/logging.wit",
            "runtime/wit/host/process.wit",
        ] {
            assert!(files.contains_key(path), "{path} is missing");
        }
        let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        let root = text("Cargo.toml");
        assert!(
            root.contains("members = [\"runtime\"]") && root.contains("wasmtime"),
            "{root}"
        );
        assert!(!root.contains("clap") && !text("runtime/Cargo.toml").contains("proptest"));
    }
}
