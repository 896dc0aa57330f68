//! Names unpacked sources in a project's cargo configuration.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table};

use super::embedded::Sources;
use crate::bounded;
use crate::exit::Failure;
use crate::ops::files;

/// What a configuration opens with that this program makes.
fn header(name: &str) -> String {
    format!(
        "# Until {name} is published, `cargo airssys build` keeps this patch up to date.\n\
         # It names a folder of this machine: leave this file out of version control.\n"
    )
}

/// Writes `[patch.crates-io]` for the crate in `workspace`, which lies in `cache`, into the configuration below `root`.
/// The rest of the file stays as it is; so does a patch to a checkout of the person's own.
pub(super) fn apply(root: &Path, sources: &Sources, cache: &Path, workspace: &Path) -> anyhow::Result<()> {
    let Sources { name, folder, .. } = sources;
    let path = root.join(".cargo/config.toml");
    let text = if path.exists() {
        String::from_utf8_lossy(&files::read_text(&path)?).into_owned()
    } else {
        header(name)
    };
    if is_patched_by_manifest(root, name) {
        return Ok(());
    }
    let wanted = workspace.join(folder);
    match patched(&text, name, cache, &wanted) {
        Ok(Some(changed)) => files::write(&path, changed.as_bytes()),
        Ok(None) => Ok(()),
        Err(reason) => {
            let message = format!("{} cannot be changed: {reason}", path.display());
            let line = format!("{name} = {{ path = {:?} }}", wanted.display());
            let help = format!("correct the file, or add `{line}` under `[patch.crates-io]` yourself");
            Err(Failure::usage("unusable-cargo-config", message, help).into())
        }
    }
}

/// The changed text; none when the patch is there already.
fn patched(text: &str, name: &str, cache: &Path, wanted: &Path) -> Result<Option<String>, String> {
    let mut config: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        error.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
    })?;
    let entry = toml_edit::InlineTable::from_iter([("path", wanted.to_string_lossy().into_owned())]);
    if config.get("patch").and_then(|patch| patch.get("crates-io")).is_none() {
        // Appended as text, because an editor would move the comments of a file that has nothing else.
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else {
            "\n"
        };
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        return Ok(Some(format!("{text}{end}{gap}[patch.crates-io]\n{name} = {entry}\n")));
    }
    let patch = table(config.as_table_mut(), "patch")?;
    let registry = table(patch, "crates-io")?;
    if let Some(found) = registry
        .get(name)
        .and_then(|item| item.get("path"))
        .and_then(Item::as_str)
    {
        let found = PathBuf::from(found);
        if found == wanted || (!found.starts_with(cache) && found.is_dir()) {
            return Ok(None);
        }
    }
    registry.insert(name, toml_edit::value(entry));
    Ok(Some(config.to_string()))
}

fn table<'a>(parent: &'a mut Table, key: &str) -> Result<&'a mut Table, String> {
    let item = parent.entry(key).or_insert_with(|| Item::Table(Table::new()));
    if let Some(inline) = item.as_inline_table() {
        *item = Item::Table(inline.clone().into_table());
    }
    item.as_table_mut().ok_or_else(|| format!("`{key}` is not a table"))
}

/// Whether the package in `folder` depends on a version of a crate, rather than on a path.
pub(super) fn takes_from_registry(folder: &Path, name: &str) -> bool {
    let manifest = manifest(folder);
    let tables = ["dependencies", "dev-dependencies"].map(|key| manifest.get(key));
    let mut found = tables.into_iter().flatten().filter_map(|table| table.get(name));
    found.any(|dependency| {
        dependency.is_str()
            || dependency
                .get("version")
                .is_some_and(|_| dependency.get("path").is_none())
    })
}

/// Whether the person's own Cargo.toml patches the crate, which counts more than the configuration.
fn is_patched_by_manifest(root: &Path, name: &str) -> bool {
    let manifest = manifest(root);
    let patch = manifest.get("patch").and_then(|patch| patch.get("crates-io"));
    patch.is_some_and(|patch| patch.get(name).is_some())
}

fn manifest(folder: &Path) -> toml::Table {
    let text = bounded::text(&folder.join("Cargo.toml")).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ops::sdk::embedded::SDK;

    fn change(text: &str) -> Option<String> {
        patched(
            text,
            "airssys-wasm-sdk",
            Path::new("/cache/sdk"),
            Path::new("/cache/sdk/0.1.0-aa/sdk"),
        )
        .unwrap()
    }

    #[test]
    fn an_empty_configuration_gets_the_patch() {
        let changed = change("# hello\n").unwrap();
        assert!(changed.starts_with("# hello\n"), "{changed}");
        assert!(
            changed.ends_with("\n\n[patch.crates-io]\nairssys-wasm-sdk = { path = \"/cache/sdk/0.1.0-aa/sdk\" }\n")
        );
        assert_eq!(change(&changed), None);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "[build]\njobs = 2 # two\n\n[patch.crates-io]\nserde = { path = \"../serde\" }\n\
                    airssys-wasm-sdk = { path = \"/cache/sdk/0.0.9-bb/sdk\" }\n";
        let changed = change(text).unwrap();
        assert_eq!(changed, text.replace("0.0.9-bb", "0.1.0-aa"));
    }

    #[test]
    fn a_checkout_of_ones_own_is_left_alone() {
        let own = tempfile::tempdir().unwrap();
        let text = format!("[patch.crates-io]\nairssys-wasm-sdk = {{ path = {:?} }}\n", own.path());
        assert_eq!(change(&text), None);
        assert!(change(&text.replace("path = \"", "path = \"/gone")).is_some());
    }

    #[test]
    fn a_broken_file_is_refused_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".cargo/config.toml");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "[patch\n").unwrap();
        let error = apply(root.path(), &SDK, Path::new("/cache"), Path::new("/cache/a")).unwrap_err();
        assert!(error.to_string().contains("cannot be changed"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[patch\n");
    }
}
