//! Whether a project is a member of a cargo workspace, by the files of both.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;
use toml::{Table, Value};

use crate::bounded;

/// The tables of a manifest that name packages by their paths.
const DEPENDENCIES: [&[&str]; 4] = [
    &["dependencies"],
    &["dev-dependencies"],
    &["build-dependencies"],
    &["workspace", "dependencies"],
];

/// The `Cargo.toml` in a folder; none when there is none, or nothing can be made of it.
pub(super) fn manifest(folder: &Path) -> Option<Table> {
    toml::from_str(&bounded::text(&folder.join("Cargo.toml"))?).ok()
}

/// The folder of the workspace that a package says it is in, which is relative to its own.
pub(super) fn said_workspace(package: &Table) -> Option<&str> {
    package.get("package")?.get("workspace")?.as_str()
}

/// Whether the workspace in `root` has the folder of `package`, below it, as a member.
///
/// Packages that the root depends on by their paths are members too, as they are for cargo. Those that only other members
/// depend on are not: they are to be named.
pub(super) fn has_member(root: &Path, workspace: &Table, package: &Path) -> bool {
    let Some(section) = workspace.get("workspace") else {
        return false;
    };
    let Ok(rest) = package.strip_prefix(root) else {
        return false;
    };
    let listed = |key: &str| {
        section
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    };
    // What is excluded is so with all that is in it, and says no pattern.
    let is_excluded = listed("exclude")
        .filter_map(plain)
        .any(|excluded| rest.starts_with(excluded));
    let is_named = listed("members").any(|pattern| matches(pattern, rest));
    let is_needed = || dependencies(workspace).filter_map(plain).any(|path| path == rest);
    // Cargo has a member that is named although the folder that it is in is excluded.
    let is_exactly = || listed("members").filter_map(plain).any(|path| path == rest);
    if is_excluded {
        return is_exactly();
    }
    is_named || is_needed()
}

/// Whether a pattern of cargo's is for this path: `*` is for any part of a name, and `**` for any folders.
fn matches(pattern: &str, path: &Path) -> bool {
    let Some(pattern) = plain(pattern) else { return false };
    if pattern == path {
        return true;
    }
    // A pattern with a slash before it is for the one place.
    let mut builder = GitignoreBuilder::new("/");
    let is_read = builder.add_line(None, &format!("/{}", pattern.display())).is_ok();
    let Ok(patterns) = builder.build() else { return false };
    is_read && patterns.matched(Path::new("/").join(path), true).is_ignore()
}

/// A path as its names alone; none when it leads up or begins elsewhere.
fn plain(path: &str) -> Option<PathBuf> {
    let mut names = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(names)
}

/// The paths of the packages that a manifest depends on.
fn dependencies(manifest: &Table) -> impl Iterator<Item = &str> {
    let tables = DEPENDENCIES.into_iter().filter_map(|keys| {
        let (first, rest) = keys.split_first()?;
        let found = rest
            .iter()
            .try_fold(manifest.get(*first)?, |value, key| value.get(key))?;
        found.as_table()
    });
    tables.flat_map(|table| table.values().filter_map(|one| one.get("path")?.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_member(workspace: &str, package: &str) -> bool {
        let workspace: Table = toml::from_str(workspace).unwrap();
        has_member(Path::new("/w"), &workspace, &Path::new("/w").join(package))
    }

    #[test]
    fn members_are_named_or_match_and_are_not_excluded() {
        for (workspace, package, expected) in [
            ("[workspace]", "a", false),
            ("[package]", "a", false),
            ("workspace.members = ['a']", "a", true),
            ("workspace.members = ['./a/']", "a", true),
            ("workspace.members = ['a']", "b/a", false),
            ("workspace.members = ['a']", "a/b", false),
            ("workspace.members = ['crates/*']", "crates/a", true),
            ("workspace.members = ['crates/*']", "crates/a/b", false),
            ("workspace.members = ['crates/*']", "other/crates/a", false),
            ("workspace.members = ['c*/b']", "crates/b", true),
            ("workspace.members = ['**']", "a/b", true),
            ("workspace.members = ['crates/**']", "crates/a/b", true),
            ("workspace.members = ['*']", "a", true),
            ("workspace.members = ['*']", "a/b", false),
            ("workspace.members = ['../w/a', '/w/a', '!a']", "a", false),
            ("workspace.members = ['*']\nworkspace.exclude = ['a']", "a", false),
            ("workspace.members = ['**']\nworkspace.exclude = ['a']", "a/b", false),
            ("workspace.members = ['a/b']\nworkspace.exclude = ['a']", "a/b", true),
            (
                "workspace.exclude = ['b']\n[dependencies]\na = { path = './a' }",
                "a",
                true,
            ),
            (
                "[workspace.dependencies]\na = { path = 'lib/a', version = '1' }",
                "lib/a",
                true,
            ),
            ("[workspace]\n[dependencies]\na = '1'", "a", false),
        ] {
            assert_eq!(is_member(workspace, package), expected, "{workspace} {package}");
        }
    }
}
