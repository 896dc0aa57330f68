//! A project as it was in a git revision, in a folder of its own that goes away.
//!
//! Nothing of the repository is changed: the files are written by an index of their own, so that neither the working
//! tree nor the index of the person is touched, no hook runs, and nothing is left in `.git`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::bounded;
use crate::exit::{Exit, Failure};
use crate::ops::project::{self, Builder, Project};
use crate::toolchain;

/// Below the user's cache: where revisions are built. The path of a project decides what cargo calls its artifacts, so
/// a folder that were new each time would have the target directory grow with each build.
const FOLDER: &str = "checkouts";

/// Where cargo builds revisions, below the target directory of the project.
const BUILDS: &str = "airssys/revisions";

/// A revision of the repository around a project.
#[derive(Debug)]
pub(crate) struct Revision {
    /// The commit.
    commit: String,
    /// The root of the working tree.
    root: PathBuf,
    /// The project's folder below it.
    inside: PathBuf,
}

/// A project as it was; removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// The project.
    pub(crate) project: Project,
    _place: Place,
}

/// A folder of this process alone.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// Held as long as the folder is used; none in a temporary one.
    _lock: Option<File>,
    /// A temporary folder, where the user has no cache.
    _temporary: Option<tempfile::TempDir>,
}

/// The revision that this text names in the repository around `folder`; what it is instead, in a few words.
pub(super) fn find(folder: &Path, text: &str) -> Result<Revision, String> {
    let ask = |arguments: &[&str]| {
        let output = git(folder, arguments, None).map_err(|error| format!("git cannot be run ({error})"))?;
        let [answer, said] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        if output.status.success() {
            return Ok(answer.trim_end_matches('\n').to_owned());
        }
        // Asked quietly it says nothing of a revision that is not there.
        let said = said.lines().next().map(|line| format!(" ({line})"));
        Err(format!("no git revision{}", said.unwrap_or_default()))
    };
    let root = ask(&["rev-parse", "--show-toplevel"])?;
    let inside = ask(&["rev-parse", "--show-prefix"])?;
    let wanted = format!("{text}^{{commit}}");
    let commit = ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    Ok(Revision {
        commit,
        root: root.into(),
        inside: inside.into(),
    })
}

impl Revision {
    /// Writes the files of the revision into a folder, and finds the project there.
    /// Its dependencies stay built below the target directory of `now`, the project as it is.
    pub(super) fn check_out(&self, now: &Project) -> anyhow::Result<Checkout> {
        let place = Place::new().map_err(|error| self.failed(&format!("no folder can be made for it: {error}")))?;
        let tree = place.folder.join("tree");
        let index = place.folder.join("index");
        self.git(&["read-tree", &self.commit], &index)?;
        let prefix = format!("--prefix={}/", tree.display());
        self.git(&["checkout-index", "--all", "--quiet", &prefix], &index)?;
        let folder = tree.join(&self.inside);
        let package = match &now.builder {
            // Alone in its folder it is found by the folder, also when it had another name.
            Builder::Cargo { package } if now.root != now.folder => Some(package.as_str()),
            _ => None,
        };
        if !folder.is_dir() {
            return Err(self.failed("the project was not there").into());
        }
        self.keep_lock_file(now, &tree);
        let found = project::find(&folder, package);
        let mut project = found.map_err(|error| error.context(format!("in revision {}", self.short())))?;
        if !project.folder.starts_with(&tree) {
            return Err(self.failed("the project was not there").into());
        }
        // Not into the target directory itself: a component's file has no hash in its name, so cargo would take what it
        // built of the revision for what it is to build next of the project.
        project.cargo_target = Some(now.target.join(BUILDS));
        project.target = place.folder.join("target");
        Ok(Checkout { project, _place: place })
    }

    /// Takes the versions of dependencies from the project as it is, when the revision does not say them.
    fn keep_lock_file(&self, now: &Project, tree: &Path) {
        let Ok(root) = now.root.strip_prefix(&self.root) else {
            return;
        };
        // Without it cargo decides anew, as it does for whoever clones the repository. A revision may have a link in its
        // place, or on the way to it, which leads elsewhere.
        let folder = tree.join(root);
        let is_within = || Some(fs::canonicalize(&folder).ok()? == fs::canonicalize(tree).ok()?.join(root));
        if is_within() == Some(true)
            && let Ok(bytes) = bounded::read(&now.root.join("Cargo.lock"), bounded::MAX_COMPONENT)
            && let Ok(mut lock) = fs::File::create_new(folder.join("Cargo.lock"))
        {
            let _ = lock.write_all(&bytes);
        }
    }

    fn git(&self, arguments: &[&str], index: &Path) -> Result<(), Failure> {
        let output = git(&self.root, arguments, Some(index));
        let output = output.map_err(|error| self.failed(&format!("git cannot be run: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(self.failed("git could not write its files").with_transcript(said))
    }

    fn failed(&self, reason: &str) -> Failure {
        let message = format!("revision {} cannot be built: {reason}", self.short());
        let help = "name another revision, or a file that was built of it";
        Failure::new(Exit::BuildFailed, "unusable-revision", message, help)
    }

    fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

impl Place {
    fn new() -> io::Result<Self> {
        let Some(cache) = toolchain::user_cache() else {
            let temporary = tempfile::tempdir()?;
            return Ok(Self {
                folder: temporary.path().to_owned(),
                _lock: None,
                _temporary: Some(temporary),
            });
        };
        let folder = cache.join(FOLDER);
        fs::create_dir_all(&folder)?;
        // One revision is built at a time. The lock lies beside the folder, which is removed as a whole.
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(cache.join(format!("{FOLDER}.lock")))?;
        lock.lock()?;
        let place = Self {
            folder,
            _lock: Some(lock),
            _temporary: None,
        };
        // Of a process that was killed something may be left.
        place.clear()?;
        fs::create_dir_all(&place.folder)?;
        Ok(place)
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is before the next build.
        let _ = self.clear();
    }
}

/// Runs git in a folder; with an index of its own it touches nothing of the person's.
fn git(folder: &Path, arguments: &[&str], index: Option<&Path>) -> io::Result<Output> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null());
    // Whoever is called by a hook of git has its repository in the environment, which need not be the project's.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index.as_os_str());
    }
    command.env("GIT_OPTIONAL_LOCKS", OsStr::new("0")).output()
}
