//! The root of a project, found by its files alone.

use std::fs;
use std::path::{Path, PathBuf};

use super::find::{is_known, nearest, reachable};
use super::member::{has_member, manifest, said_workspace};

/// The root of the project around `folder`: the cargo workspace that the nearest project folder is a member of, else that
/// folder.
///
/// A folder with `.git` is the end of the way up: a project may have been cloned into one that is somebody else's.
pub(crate) fn root_of(folder: &Path) -> Option<PathBuf> {
    let nearest = nearest(folder)?;
    Some(workspace_of(nearest).unwrap_or(nearest).to_owned())
}

/// The workspace above that a project is a member of; both have to say so, if the package says which one.
fn workspace_of(project: &Path) -> Option<&Path> {
    let own = manifest(project).unwrap_or_default();
    if own.contains_key("workspace") {
        return None;
    }
    let said = match said_workspace(&own) {
        Some(said) => Some(fs::canonicalize(project.join(said)).ok()?),
        None => None,
    };
    let is_said = |root: &Path| match &said {
        Some(said) => fs::canonicalize(root).is_ok_and(|root| root == *said),
        None => true,
    };
    let has_root = |root: &&Path| {
        let is_ours = is_said(root) && is_known(&root.join("Cargo.toml"), project);
        let workspace = is_ours.then(|| manifest(root)).flatten();
        workspace.is_some_and(|workspace| has_member(root, &workspace, project))
    };
    reachable(project).skip(1).find(has_root)
}

/// The root of the nearest cargo workspace around `folder`, whether that is a member or not.
pub(crate) fn workspace_around(folder: &Path) -> Option<PathBuf> {
    let is_workspace = |folder: &&Path| manifest(folder).is_some_and(|manifest| manifest.contains_key("workspace"));
    folder.ancestors().find(is_workspace).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder `w` with a workspace, and one in it with a package.
    fn workspace(text: &str, package: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let package_folder = folder.path().join("in/a");
        fs::create_dir_all(package_folder.join("src")).unwrap();
        fs::write(package_folder.join("Cargo.toml"), package).unwrap();
        fs::write(folder.path().join("Cargo.toml"), text).unwrap();
        (folder, package_folder)
    }

    const PACKAGE: &str = "[package]\nname = \"a\"\n";

    #[test]
    fn the_root_is_the_workspace_that_the_project_is_a_member_of() {
        let check = |text: &str, package: &str, is_root: bool| {
            let (folder, package_folder) = workspace(text, package);
            let expected = if is_root { folder.path() } else { &package_folder };
            assert_eq!(
                root_of(&package_folder.join("src")).as_deref(),
                Some(expected),
                "{text} {package}"
            );
            assert_eq!(root_of(folder.path()).as_deref(), Some(folder.path()));
        };
        check("[workspace]\nmembers = [\"in/*\"]\n", PACKAGE, true);
        check("[workspace]\n", PACKAGE, false);
        check("[workspace]\nmembers = [\"mine\"]\n", PACKAGE, false);
        check(
            "[workspace]\nmembers = [\"in/*\"]\n",
            &format!("{PACKAGE}workspace = \"../..\"\n"),
            true,
        );
        check(
            "[workspace]\nmembers = [\"in/*\"]\n",
            &format!("{PACKAGE}workspace = \"..\"\n"),
            false,
        );
        check(
            "[workspace]\nmembers = [\"mine\"]\n",
            &format!("{PACKAGE}workspace = \"../..\"\n"),
            false,
        );
        check(
            "[workspace]\nmembers = [\"in/*\"]\n",
            &format!("{PACKAGE}[workspace]\n"),
            false,
        );
        check("no manifest", PACKAGE, false);
    }

    #[test]
    fn a_repository_in_a_workspace_is_a_project_of_its_own() {
        let (folder, package_folder) = workspace("[workspace]\nmembers = [\"in/*\"]\n", PACKAGE);
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(root_of(&package_folder).as_deref(), Some(folder.path()));
        fs::create_dir(folder.path().join("in/.git")).unwrap();
        assert_eq!(root_of(&package_folder), Some(package_folder.clone()));
        fs::remove_dir(folder.path().join("in/.git")).unwrap();
        // One without a manifest is no part of a project around it.
        let clone = folder.path().join("clone");
        fs::create_dir_all(clone.join(".git")).unwrap();
        assert_eq!(root_of(&clone), None);
        fs::create_dir(folder.path().join(".airssys")).unwrap();
        fs::write(folder.path().join(".airssys/store.redb"), "").unwrap();
        let place = crate::ops::state::StatePlace::locate(None, &clone);
        assert_eq!((place.directory, place.project), (clone.join(".airssys"), None));
        // What somebody else has put above it is nothing of this user's, where this one can make it so.
        let below = folder.path().join("mine/deep");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.with_file_name("Component.toml"), "").unwrap();
        assert_eq!(root_of(&below), below.parent().map(Path::to_owned));
        if std::os::unix::fs::chown(below.with_file_name("Component.toml"), Some(12_345), None).is_ok() {
            assert_ne!(root_of(&below), below.parent().map(Path::to_owned));
            std::os::unix::fs::chown(below.parent().unwrap(), Some(12_345), None).unwrap();
            assert_eq!(root_of(&below), None);
        }
        // That of a submodule is a file.
        fs::write(package_folder.join(".git"), "gitdir: ../../.git/modules/a\n").unwrap();
        assert_eq!(root_of(&package_folder), Some(package_folder));
    }
}
