//! The files that a component is built from.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, Walk, WalkBuilder};

use crate::exit::Failure;
use crate::ops::project::{Builder, MANIFEST, Project};
use crate::toolchain;

/// The most files of one component; a folder with more is hardly what somebody edits.
pub(super) const MOST_FILES: usize = 20_000;

/// What makes the project another one, and not only its component.
const MANIFESTS: [&str; 6] = [
    MANIFEST,
    "Cargo.toml",
    "Cargo.lock",
    "config.toml",
    "rust-toolchain",
    "rust-toolchain.toml",
];

/// Where the files of a component are.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    trees: Vec<Tree>,
    /// Single files outside the trees, or hidden in them.
    files: Vec<PathBuf>,
}

/// A folder with all that is below it, but what git ignores, what is hidden, and what builds leave.
#[derive(Clone, Debug)]
struct Tree {
    folder: PathBuf,
    /// The patterns that files have to match, when the manifest has some.
    wanted: Option<Override>,
    /// What builds leave: folders and files.
    outputs: Arc<Vec<PathBuf>>,
    /// Whether packages below this one belong to something else, as cargo has it.
    is_package: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<PathBuf>,
    /// The folders that they are in, and those that are empty.
    pub(crate) folders: Vec<PathBuf>,
    /// Folders that should be there and are not.
    pub(crate) missing: Vec<PathBuf>,
    /// Whether there are more files than are looked at.
    pub(crate) is_cut: bool,
}

impl Found {
    /// Adds a file, and the folder in which it really is when it is a link.
    fn file(&mut self, path: PathBuf) {
        if path.is_symlink()
            && let Ok(target) = path.canonicalize()
        {
            self.folders.extend(target.parent().map(Path::to_owned));
        }
        self.files.push(path);
    }
}

impl Inputs {
    /// The files of a project's component: what is in these folders, and what else its last build has read.
    pub(crate) fn of(
        project: &Project,
        folders: Vec<PathBuf>,
        state_dir: &Path,
        read: &BTreeSet<PathBuf>,
    ) -> anyhow::Result<Self> {
        let mut outputs = vec![
            project.target.clone(),
            project.folder.join(".airssys"),
            state_dir.to_owned(),
        ];
        let mut wanted = None;
        let mut is_package = true;
        if let Builder::Command(section) = &project.builder {
            outputs.push(project.folder.join(&section.artifact));
            wanted = patterns(&project.folder, &section.watch)?;
            is_package = false;
        }
        let outputs = Arc::new(outputs);
        let tree = |folder| Tree {
            folder,
            wanted: wanted.clone(),
            outputs: outputs.clone(),
            is_package,
        };
        let files = [&project.folder, &project.root].into_iter().flat_map(|folder| {
            let manifests = MANIFESTS.iter().filter(|name| **name != "config.toml");
            let config = Path::new(".cargo").join("config.toml");
            manifests
                .map(PathBuf::from)
                .chain([config])
                .map(|name| folder.join(name))
        });
        // The SDK that this program has put there is no one's to edit.
        let cache = toolchain::user_cache();
        let is_made = |path: &Path| cache.as_ref().is_some_and(|cache| path.starts_with(cache));
        // Nor is what builds leave, or what cargo has fetched: of those the manifests name versions.
        let is_output = |path: &Path| outputs.iter().any(|output| path.starts_with(output));
        let fetched = cargo_home();
        let is_fetched = |path: &Path| fetched.as_ref().is_some_and(|fetched| path.starts_with(fetched));
        let is_read = |path: &&PathBuf| !is_made(path) && !is_output(path) && !is_fetched(path);
        let read: Vec<PathBuf> = read.iter().filter(is_read).cloned().collect();
        Ok(Self {
            trees: folders
                .into_iter()
                .filter(|folder| !is_made(folder))
                .map(tree)
                .collect(),
            files: files.chain(read).collect(),
        })
    }

    /// Looks which files there are.
    pub(crate) fn find(&self) -> Found {
        let mut found = Found::default();
        for tree in &self.trees {
            if !tree.folder.is_dir() {
                found.missing.push(tree.folder.clone());
                continue;
            }
            let before = found.files.len();
            tree.find(true, &mut found);
            // A project inside a folder that git ignores as a whole is looked at all the same.
            if found.files.len() == before {
                tree.find(false, &mut found);
            }
        }
        for file in &self.files {
            if file.is_file() {
                found.file(file.clone());
            }
            // Where it may come to be.
            found
                .folders
                .extend(file.parent().filter(|folder| folder.is_dir()).map(Path::to_owned));
        }
        found.files.sort();
        found.files.dedup();
        found.folders.sort();
        found.folders.dedup();
        found
    }

    /// Whether a changed file makes the project another one.
    pub(crate) fn is_manifest(path: &Path) -> bool {
        path.file_name()
            .is_some_and(|name| MANIFESTS.iter().any(|manifest| name == *manifest))
    }
}

impl Tree {
    fn find(&self, asks_above: bool, found: &mut Found) {
        for entry in self.walk(asks_above).flatten() {
            match entry.file_type() {
                Some(kind) if kind.is_dir() => found.folders.push(entry.into_path()),
                Some(kind) if kind.is_file() => found.file(entry.into_path()),
                _ => {}
            }
            if found.files.len() >= MOST_FILES {
                found.is_cut = true;
                return;
            }
        }
    }

    fn walk(&self, asks_above: bool) -> Walk {
        let (outputs, is_package) = (self.outputs.clone(), self.is_package);
        let mut walk = WalkBuilder::new(&self.folder);
        // A link counts as what it leads to.
        walk.require_git(false)
            .ignore(false)
            .parents(asks_above)
            .follow_links(true);
        if let Some(wanted) = &self.wanted {
            walk.overrides(wanted.clone());
        }
        walk.filter_entry(move |entry| {
            let is_other = is_package && entry.depth() > 0 && is_folder_of_package(entry);
            !is_other && !outputs.iter().any(|output| entry.path() == output)
        });
        walk.build()
    }
}

fn is_folder_of_package(entry: &DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    is_folder && fs::exists(entry.path().join("Cargo.toml")).unwrap_or(false)
}

/// Where cargo keeps what it fetches.
fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// The patterns of `[build] watch`.
fn patterns(folder: &Path, patterns: &[String]) -> anyhow::Result<Option<Override>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let unusable = |pattern: &str, reason: &ignore::Error| {
        let message = format!(
            "`{pattern}` in `watch` of {} is no pattern: {reason}",
            folder.join(MANIFEST).display()
        );
        let help = "write patterns as in a .gitignore, for example `watch = [\"src/**/*.py\", \"wit/**\"]`";
        Failure::usage("invalid-manifest", message, help)
    };
    let mut builder = OverrideBuilder::new(folder);
    for pattern in patterns {
        builder.add(pattern).map_err(|error| unusable(pattern, &error))?;
    }
    let built = builder
        .build()
        .map_err(|error| unusable(&patterns.join("`, `"), &error))?;
    Ok(Some(built))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(folder: &Path, watch: &[&str], is_package: bool) -> Inputs {
        let watch: Vec<String> = watch.iter().map(|pattern| (*pattern).to_owned()).collect();
        Inputs {
            trees: vec![Tree {
                folder: folder.to_owned(),
                wanted: patterns(folder, &watch).unwrap(),
                outputs: Arc::new(vec![folder.join("out"), folder.join("dist/a.wasm")]),
                is_package,
            }],
            files: vec![folder.join(".cargo/config.toml")],
        }
    }

    fn check(files: &[&str], watch: &[&str], is_package: bool, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "/ignored\n*.log\n").unwrap();
        }
        let found = tree(folder.path(), watch, is_package).find();
        let names: Vec<_> = found
            .files
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn what_git_ignores_and_what_builds_leave_is_no_input() {
        let files = [
            ".gitignore",
            "src/lib.rs",
            "ignored/a",
            "src/a.log",
            "out/a",
            "dist/a.wasm",
            "dist/b",
            ".hidden",
        ];
        check(&files, &[], true, &["dist/b", "src/lib.rs"]);
    }

    #[test]
    fn a_manifests_own_patterns_decide() {
        let files = [
            ".gitignore",
            "src/a.py",
            "src/deep/b.py",
            "src/c.txt",
            "wit/world.wit",
            "ignored/d.py",
        ];
        check(
            &files,
            &["src/**/*.py", "wit/**"],
            false,
            &["src/a.py", "src/deep/b.py", "wit/world.wit"],
        );
    }

    #[test]
    fn a_package_below_is_another_one() {
        let files = ["src/lib.rs", "tests/host/Cargo.toml", "tests/host/src/lib.rs"];
        check(&files, &[], true, &["src/lib.rs"]);
        check(
            &files,
            &[],
            false,
            &["src/lib.rs", "tests/host/Cargo.toml", "tests/host/src/lib.rs"],
        );
    }

    #[test]
    fn hidden_configuration_is_seen() {
        check(
            &["src/lib.rs", ".cargo/config.toml"],
            &[],
            true,
            &[".cargo/config.toml", "src/lib.rs"],
        );
    }

    #[test]
    fn links_count_as_what_they_lead_to() {
        let around = tempfile::tempdir().unwrap();
        let [folder, elsewhere] = ["project", "elsewhere"].map(|name| around.path().join(name));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("world.wit"), "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("wit")).unwrap();
        std::os::unix::fs::symlink(elsewhere.join("world.wit"), folder.join("src/lib.rs")).unwrap();
        // One that leads round in a circle.
        std::os::unix::fs::symlink(&folder, folder.join("src/again")).unwrap();
        let found = tree(&folder, &[], true).find();
        assert_eq!(found.files, [folder.join("src/lib.rs"), folder.join("wit/world.wit")]);
        assert!(
            found.folders.contains(&elsewhere.canonicalize().unwrap()),
            "{:?}",
            found.folders
        );
    }

    #[test]
    fn a_project_in_an_ignored_folder_is_seen() {
        let around = tempfile::tempdir().unwrap();
        fs::write(around.path().join(".gitignore"), "*\n").unwrap();
        let folder = around.path().join("project");
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        assert_eq!(tree(&folder, &[], true).find().files, [folder.join("src/lib.rs")]);
    }

    #[test]
    fn a_folder_that_is_gone_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let found = tree(&gone, &[], true).find();
        assert_eq!(found.missing, [gone]);
        assert!(found.files.is_empty());
    }
}
