//! Where deployed components are kept: the state directory, and how strict it is about versions.

use std::env;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::project::{MANIFEST, reachable, root_of};
use crate::exit::Failure;
use airssys_wasm::Versioning;

/// The name of a state directory.
const NAME: &str = ".airssys";

/// A state directory, which need not exist yet.
#[derive(Debug)]
pub(crate) struct StatePlace {
    /// The directory.
    pub(crate) directory: PathBuf,
    /// Whether a version may be deployed again with other bytes.
    pub(crate) versioning: Versioning,
    /// The project that it belongs to, whose author is the operator of what is deployed there.
    pub(crate) project: Option<PathBuf>,
    /// The policy file that a host of it reads.
    pub(crate) policy: Option<PathBuf>,
    /// Whether this very command names the policy, so that no other host will do.
    pub(crate) policy_is_typed: bool,
    /// Whether a person named the directory: then its policy file is the one in it.
    pub(crate) is_named: bool,
}

impl StatePlace {
    /// The directory that was named; else the one of the project around `folder`; else one found upward; else a new one.
    pub(crate) fn locate(named: Option<&Path>, folder: &Path) -> Self {
        if let Some(directory) = named {
            return Self {
                directory: directory.to_owned(),
                versioning: Versioning::Immutable,
                project: None,
                policy: None,
                policy_is_typed: false,
                is_named: true,
            };
        }
        if let Some(project) = root_of(folder) {
            return Self {
                directory: project.join(NAME),
                versioning: Versioning::Development,
                project: Some(project),
                policy: None,
                policy_is_typed: false,
                is_named: false,
            };
        }
        let above = reachable(folder)
            .map(|folder| folder.join(NAME))
            .find(|directory| is_ours(directory));
        Self {
            directory: above.unwrap_or_else(|| folder.join(NAME)),
            versioning: Versioning::Immutable,
            project: None,
            policy: None,
            policy_is_typed: false,
            is_named: false,
        }
    }

    /// The same place with the policy file that was named, or else the one in a directory that was named.
    /// A policy in a project's folder, or beside a component, is whoever's wrote it, and is not read.
    pub(crate) fn under(mut self, policy: Option<&Path>, is_typed: bool) -> Self {
        self.policy = policy.map(Path::to_owned);
        self.policy_is_typed = is_typed && policy.is_some();
        if self.policy.is_none() {
            self.policy = self.own_policy().filter(|own| fs::symlink_metadata(own).is_ok());
        }
        self
    }

    /// Where the policy is that is read without being named, when the directory was; none in a project or a repository,
    /// because it may have come with that.
    pub(crate) fn own_policy(&self) -> Option<PathBuf> {
        let may_have_come = self.directory.ends_with(NAME) || is_in_project(&self.directory);
        (self.is_named && !may_have_come).then(|| self.directory.join("policy.toml"))
    }

    /// Refuses a directory that nobody named and that leads elsewhere: a project may have come with such a link.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        if self.is_named || !is_link(&self.directory) {
            return Ok(());
        }
        let directory = self.directory.display();
        let message = format!("the state directory {directory} is a link, and nobody has named it");
        let help = format!("remove it, or say where it leads: `--state-dir {directory}/`");
        Err(Failure::usage("linked-state-dir", message, help))
    }

    /// Whether something may have been deployed here.
    pub(crate) fn exists(&self) -> bool {
        self.directory.is_dir()
    }

    /// Makes the directory; a project's own one keeps itself out of git.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        let context = || format!("the state directory {} could not be made", self.directory.display());
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.directory).with_context(context)?;
        if self.directory.ends_with(NAME) {
            // A project may have come with a link there, which is not followed.
            let made = fs::File::create_new(self.directory.join(".gitignore"));
            match made.and_then(|mut file| file.write_all(b"*\n")) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(context),
                _ => {}
            }
        }
        Ok(())
    }

    /// The key that protects cached machine code.
    /// It lies outside the state directory, so that whoever can write there cannot sign there.
    pub(crate) fn key_file(&self) -> PathBuf {
        let named = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || env::home_dir().filter(|path| path.is_absolute());
        let base = named("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local/share")));
        let base = base.map(|base| base.join("airssys-wasm"));
        // Who has no home has one nowhere else: what lies in the state directory may have come with a project.
        let own = || env::temp_dir().join(format!("airssys-wasm-{}", rustix::process::geteuid().as_raw()));
        base.unwrap_or_else(own).join("cache.key")
    }
}

/// Whether a directory is in a project or a repository, wherever a link leads.
fn is_in_project(directory: &Path) -> bool {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let resolved = fs::canonicalize(&absolute).ok();
    let marks = [MANIFEST, "Cargo.toml", ".git"];
    let has_mark = |folder: &Path| marks.iter().any(|mark| fs::symlink_metadata(folder.join(mark)).is_ok());
    [Some(absolute), resolved]
        .iter()
        .flatten()
        .any(|path| path.ancestors().any(has_mark))
}

/// Whether a state directory belongs to this user.
/// A stranger's, in a folder above that everybody may write to, is passed over.
fn is_ours(directory: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(directory) else {
        return false;
    };
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::uid(&found) != rustix::process::geteuid().as_raw() {
        return false;
    }
    found.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_directory_keeps_versions_immutable() {
        let place = StatePlace::locate(Some(Path::new("/var/lib/airssys")), Path::new("/"));
        assert_eq!(place.directory, Path::new("/var/lib/airssys"));
        assert!(matches!(place.versioning, Versioning::Immutable));
    }

    #[test]
    fn a_link_that_came_with_a_project_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (place, elsewhere) = (folder.path().join(NAME), folder.path().join("elsewhere"));
        fs::create_dir(&place).unwrap();
        std::os::unix::fs::symlink(&elsewhere, place.join(".gitignore")).unwrap();
        StatePlace::locate(None, folder.path()).create().unwrap();
        assert!(!elsewhere.exists());
    }

    #[test]
    fn a_policy_that_came_with_a_project_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let named = |directory: &Path| StatePlace::locate(Some(directory), folder.path()).own_policy();
        let own = folder.path().join("var/state");
        assert_eq!(named(&own), Some(own.join("policy.toml")));
        fs::create_dir_all(folder.path().join("repository/.git")).unwrap();
        assert_eq!(named(&folder.path().join("repository/deep/state")), None);
        fs::create_dir_all(folder.path().join("project/state")).unwrap();
        fs::write(folder.path().join("project/Component.toml"), "").unwrap();
        assert_eq!(named(&folder.path().join("project/state")), None);
        std::os::unix::fs::symlink("project/state", folder.path().join("link")).unwrap();
        assert_eq!(named(&folder.path().join("link")), None);
        assert_eq!(named(&folder.path().join(NAME)), None);
    }

    #[test]
    fn a_project_has_its_own_directory_at_its_root() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("Component.toml"), "").unwrap();
        let inside = project.path().join("src/deep");
        fs::create_dir_all(&inside).unwrap();
        let place = StatePlace::locate(None, &inside);
        assert_eq!(place.directory, project.path().join(NAME));
        assert!(matches!(place.versioning, Versioning::Development));
    }

    #[test]
    fn outside_a_project_the_directory_is_found_upward() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a/b");
        fs::create_dir_all(&inside).unwrap();
        assert_eq!(StatePlace::locate(None, &inside).directory, inside.join(NAME));
        StatePlace::locate(None, folder.path()).create().unwrap();
        let place = StatePlace::locate(None, &inside);
        assert_eq!(place.directory, folder.path().join(NAME));
        assert_eq!(fs::read_to_string(place.directory.join(".gitignore")).unwrap(), "*\n");
    }
}
