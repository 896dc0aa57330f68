//! Reads a project's `Component.toml`.

use std::path::Path;

use crate::exit::Failure;
use crate::ops::files;
use airssys_wasm::component::{Manifest, ManifestError};

/// The name of a component's manifest.
pub(crate) const MANIFEST: &str = "Component.toml";

/// The manifest in `folder`, none when there is no such file.
pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Manifest>> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Ok(None);
    }
    let text = files::read_text(&path)?;
    let text = String::from_utf8_lossy(&text);
    Ok(Some(Manifest::parse(&text).map_err(|error| unusable(&path, &error))?))
}

fn unusable(path: &Path, error: &ManifestError) -> Failure {
    let reason = error.reason.lines().map(str::trim).collect::<Vec<_>>().join("; ");
    let message = format!("{}:{}:{}: {reason}", path.display(), error.line, error.column);
    let help = match &error.nearest {
        Some(key) => format!("did you mean `{key}`?"),
        None if reason.contains("manifest-version") => "begin the file with `manifest-version = 1`".into(),
        None => "correct that line; the keys of Component.toml are listed in docs/src/component-toml.md".into(),
    };
    Failure::usage("invalid-manifest", message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_has_its_place_and_the_key_that_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str, message: &str, help: &str| {
            std::fs::write(folder.path().join(MANIFEST), text).unwrap();
            let error = read(folder.path()).unwrap_err();
            let failure = error.downcast_ref::<Failure>().unwrap();
            assert!(failure.message.contains(message), "{}", failure.message);
            assert_eq!(failure.help, help);
        };
        check(
            "manifest-version = 1\n[component]\nnmae = \"a\"\n",
            "Component.toml:3:1: unknown field `nmae`",
            "did you mean `name`?",
        );
        check(
            "[component]\n",
            "Component.toml:1:1:",
            "begin the file with `manifest-version = 1`",
        );
        assert!(read(Path::new("/nowhere")).unwrap().is_none());
    }
}
