//! The root of a project, found by its files alone.

use std::path::{Path, PathBuf};

use super::MANIFEST;
use crate::bounded;

/// The root of the project around `folder`: the nearest cargo workspace, else the nearest project folder.
pub(crate) fn root_of(folder: &Path) -> Option<PathBuf> {
    let is_project = |folder: &&Path| folder.join(MANIFEST).is_file() || folder.join("Cargo.toml").is_file();
    let nearest = folder.ancestors().find(is_project)?;
    Some(workspace_around(nearest).unwrap_or_else(|| nearest.to_owned()))
}

/// The root of the nearest cargo workspace around `folder`.
pub(crate) fn workspace_around(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| is_workspace(folder))
        .map(Path::to_owned)
}

fn is_workspace(folder: &Path) -> bool {
    let text = bounded::text(&folder.join("Cargo.toml")).unwrap_or_default();
    toml::from_str::<toml::Table>(&text).is_ok_and(|manifest| manifest.contains_key("workspace"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_root_is_the_workspace_around_the_project() {
        let root = tempfile::tempdir().unwrap();
        let member = root.path().join("member");
        fs::create_dir_all(member.join("src")).unwrap();
        fs::write(member.join("Cargo.toml"), "[package]\nname = \"member\"\n").unwrap();
        assert_eq!(root_of(&member.join("src")), Some(member.clone()));
        fs::write(root.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        assert_eq!(root_of(&member.join("src")).as_deref(), Some(root.path()));
    }
}
