//! The rule that a project's own components reach what is in the project, and this machine over the network.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use crate::capability::{Capability, Grant, GrantSet, Mount, Source, is_taken_by_tools, without_links};
use crate::error::Error;

/// The folder of a project that components write to without being asked, but for files that tools take by themselves.
const DATA: &str = "data";

/// How many files and folders are looked at before a directory counts as one of sources.
const MOST_LOOKED_AT: usize = 4_096;

/// What is granted without being said.
#[derive(Debug, Default)]
pub(crate) enum HomeRule {
    /// Nothing.
    #[default]
    Nothing,
    /// What is in a project, and this machine.
    Project(Project),
    /// All files, of which a test says which there are, and this machine.
    Test,
}

/// A project whose author is the operator of its components.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
    state_dir: PathBuf,
}

impl HomeRule {
    /// Grants what of all that is asked for the rule covers.
    pub(super) fn apply(&self, set: &mut GrantSet, asked: &[Grant]) {
        if matches!(self, Self::Nothing) {
            return;
        }
        for grant in asked {
            if grant.breadth().is_some() && !matches!(self, Self::Test) {
                continue;
            }
            if grant.is_loopback() || self.takes_in(set, grant) {
                match self {
                    // Hidden directories are those of tools: git runs what is in its own, and so does cargo.
                    Self::Project(_) => set.grant_sparing_tools(grant.clone(), Source::Project),
                    _ => set.grant(grant.clone(), Source::Project),
                }
            }
        }
    }

    fn takes_in(&self, set: &mut GrantSet, grant: &Grant) -> bool {
        let Some(directory) = grant.mountable() else {
            return false;
        };
        match self {
            Self::Nothing => false,
            Self::Test => true,
            Self::Project(project) => {
                let writes = *grant.capability() == Capability::FileWrite;
                project.mount(set, &directory, writes)
            }
        }
    }
}

impl Project {
    /// The project in a directory, whose components are kept in a state directory.
    pub(crate) fn new(root: &Path, state_dir: &Path) -> Result<Self, Error> {
        let found = |path: &Path| fs::canonicalize(path).map_err(|error| Error::store("finding the project", error));
        Ok(Self {
            root: found(root)?,
            state_dir: found(state_dir)?,
        })
    }

    /// Whether a guest directory is one of the project; it is mounted there when it is nowhere yet.
    fn mount(&self, set: &mut GrantSet, directory: &str, writes: bool) -> bool {
        let mounted = set.mount_of(directory).map(|(mount, rest)| mount.place.join(rest));
        let is_mounted = mounted.is_some();
        let host = mounted.unwrap_or_else(|| self.root.join(directory.trim_start_matches('/')));
        let Some(host) = self.inside(&host) else { return false };
        // Whoever writes what is built or run does more than a component may.
        if writes && (!self.is_data(&host) || holds_sources(&host)) {
            return false;
        }
        if !is_mounted {
            set.mounts.push(Mount::straight(directory, host));
        }
        true
    }

    /// Whether it is the folder that is for what components write, or in it.
    fn is_data(&self, host: &Path) -> bool {
        host.starts_with(self.root.join(DATA))
    }

    /// The directory without links, when it is below the project's own and holds nothing that is not for components.
    fn inside(&self, host: &Path) -> Option<PathBuf> {
        let host = without_links(host)?;
        let rest = host.strip_prefix(&self.root).ok()?;
        let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        let is_own = !host.starts_with(&self.state_dir) && !self.state_dir.starts_with(&host);
        let is_file = fs::metadata(&host).is_ok_and(|found| !found.is_dir());
        let is_for_components = rest.components().next().is_some() && !rest.components().any(is_hidden);
        // What is in another repository is somebody else's project.
        let mut below = host.ancestors().take_while(|above| *above != self.root);
        let is_other = below.any(|directory| directory.join(".git").exists());
        (is_own && is_for_components && !is_file && !is_other).then_some(host)
    }

    /// Makes the directory that a component is to write to.
    pub(super) fn make(&self, grant: &Grant, directory: &Path) -> Result<(), Error> {
        if *grant.capability() != Capability::FileWrite || self.inside(directory).is_none() {
            return Ok(());
        }
        fs::create_dir_all(directory).map_err(|error| Error::store("making a directory of the project", error))
    }
}

/// Whether something is in a directory that is built or run, or that is hidden.
/// One with too much in it to look at counts as if there was.
fn holds_sources(directory: &Path) -> bool {
    let mut left = MOST_LOOKED_AT;
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        // What is not there yet holds nothing.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            left -= 1;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { return true };
            let Ok(metadata) = entry.metadata() else { return true };
            let is_program = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
            if left == 0 || is_program || is_taken_by_tools(name) || metadata.is_symlink() {
                return true;
            }
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_in_the_project_is_granted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        for part in [".airssys", ".git", "data/in", "vendor/.git", "var/state"] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        fs::write(root.join("notes.txt"), "").unwrap();
        symlink(folder.path(), root.join("out")).unwrap();
        symlink("data", root.join("alias")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        let project = Project::new(&root, &root.join(".airssys")).unwrap();
        let rule = HomeRule::Project(project);
        let root = fs::canonicalize(&root).unwrap();
        let check = |capability: Capability, pattern: &str, place: Option<&str>| {
            let asked = [Grant::parse(capability, pattern).unwrap()];
            let mut set = GrantSet::default();
            rule.apply(&mut set, &asked);
            assert_eq!(set.missing(&asked).is_empty(), place.is_some(), "{pattern}");
            if let Some(place) = place.filter(|place| !place.is_empty()) {
                assert_eq!(set.mounts[0].host, root.join(place), "{pattern}");
            }
        };
        let files = [
            ("/data/**", Some("data")),
            ("/data/in/*.txt", Some("data/in")),
            ("/data/new/**", Some("data/new")),
            ("/alias/**", Some("data")),
            ("/notes.txt", None),
            ("/out/**", None),
            ("/dangling/**", None),
            ("/.git/**", None),
            ("/.airssys/**", None),
            ("/data/.hidden/**", None),
            ("/vendor/**", None),
            ("/vendor/in/**", None),
            ("/**", None),
            ("/", None),
            ("/*.txt", None),
        ];
        for (pattern, place) in files {
            check(Capability::FileWrite, pattern, place);
            check(Capability::FileRead, pattern, place);
        }
        // Elsewhere are what tools build and run: it can be read and not written.
        for part in ["data/code", "src"] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        fs::write(root.join("data/code/lib.rs"), "").unwrap();
        for (pattern, place) in [
            ("/data/code/**", "data/code"),
            ("/fresh", "fresh"),
            ("/benches/**", "benches"),
            ("/config/**", "config"),
            ("/database/**", "database"),
            ("/src/new/**", "src/new"),
        ] {
            check(Capability::FileWrite, pattern, None);
            check(Capability::FileRead, pattern, Some(place));
        }
        check(Capability::NetworkOutbound, "http://127.0.0.1:80", Some(""));
        check(Capability::NetworkOutbound, "https://example.com", None);
        check(Capability::NetworkInbound, "8080", Some(""));
        check(Capability::NetworkInbound, "0.0.0.0:8080", None);
        check(Capability::NetworkInbound, "*", None);
        check(Capability::Storage, "notes", None);
    }

    #[test]
    fn what_a_policy_mounts_elsewhere_is_not_in_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join(".airssys");
        fs::create_dir_all(&state).unwrap();
        let rule = HomeRule::Project(Project::new(folder.path(), &state).unwrap());
        let asked = [Grant::parse(Capability::FileRead, "/data/in/**").unwrap()];
        let mut set = GrantSet::default();
        set.mounts.push(Mount::new("/data", "/srv/data"));
        rule.apply(&mut set, &asked);
        assert_eq!(set.granted().count(), 0);
    }
}
