//! The components of a loop: how each is found, built, and what it is built from.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::inputs::Inputs;
use super::snapshot::Snapshot;
use crate::bounded;
use crate::exit::Failure;
use crate::ops::build::{Built, Manner, Workshop};
use crate::ops::project::{self, MANIFEST, Project};
use crate::toolchain::Progress;
use airssys_wasm::component::ComponentName;

/// One of the components; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The root of its project, from which its files are named.
    pub(super) root: PathBuf,
    /// Its name, as its manifest said it last: read while it is built.
    name: Arc<Mutex<ComponentName>>,
    /// Held while it is built.
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    project: Project,
    /// None after it could not be opened.
    workshop: Option<Workshop>,
    /// What no build reads: where components are kept.
    state_dir: PathBuf,
    /// What the last build has read beside the project's folders.
    read: BTreeSet<PathBuf>,
    /// When the last build began.
    begun: SystemTime,
}

/// What a component is built from, and what was in it before the build.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(super) inputs: Inputs,
    pub(super) snapshot: Snapshot,
}

impl Part {
    /// Finds what builds a project.
    pub(super) fn open(project: Project, state_dir: &Path, progress: &dyn Progress) -> anyhow::Result<(Self, Inputs)> {
        let workshop = Workshop::open(&project, None, progress)?;
        let inner = Inner {
            project,
            workshop: Some(workshop),
            state_dir: state_dir.to_owned(),
            read: BTreeSet::new(),
            begun: SystemTime::UNIX_EPOCH,
        };
        let inputs = inner.inputs()?;
        let part = Self {
            root: inner.project.root.clone(),
            name: Arc::new(Mutex::new(inner.project.name.clone())),
            inner: Arc::new(Mutex::new(inner)),
        };
        Ok((part, inputs))
    }

    /// The component's name, as its manifest says it.
    pub(super) fn name(&self) -> ComponentName {
        lock(&self.name).clone()
    }

    /// Builds it, because of changes to these files; blocks.
    /// What it is built from is returned as well when that is something else than before, whatever came of the build.
    pub(super) fn build(
        &self,
        changed: &BTreeSet<PathBuf>,
        manner: &Manner,
        progress: &dyn Progress,
    ) -> (anyhow::Result<Built>, Option<Followed>) {
        let mut inner = lock(&self.inner);
        let mut followed = None;
        let is_other = changed.iter().any(|path| Inputs::is_manifest(path));
        if is_other || inner.workshop.is_none() {
            if let Err(error) = inner.open_again(manner, progress) {
                return (Err(error), None);
            }
            *lock(&self.name) = inner.project.name.clone();
            followed = Some(());
        }
        let followed = match followed.map(|()| inner.follow()).transpose() {
            Ok(followed) => followed,
            Err(error) => return (Err(error), None),
        };
        let built = inner.build(changed, manner, progress);
        let read = match &built {
            Ok(built) if inner.has_read_more(built) => inner.follow().ok(),
            _ => None,
        };
        (built, read.or(followed))
    }

    /// A file's name for people: relative to the project.
    pub(super) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

impl Inner {
    /// Finds the project as its manifests say it now.
    fn open_again(&mut self, manner: &Manner, progress: &dyn Progress) -> anyhow::Result<()> {
        self.workshop = None;
        let folder = &self.project.folder;
        let project = project::find(folder, None)?;
        // Without its manifest the one around it would be found.
        if project.folder != *folder {
            let message = format!("there is no project in {} any more", folder.display());
            return Err(Failure::usage("no-project", message, format!("put its {MANIFEST} back")).into());
        }
        self.workshop = Some(Workshop::open(&project, manner.stop.as_ref(), progress)?);
        self.project = project;
        Ok(())
    }

    fn inputs(&self) -> anyhow::Result<Inputs> {
        let folders = self.workshop.as_ref().map(|workshop| workshop.folders(&self.project));
        Inputs::of(&self.project, folders.unwrap_or_default(), &self.state_dir, &self.read)
    }

    fn follow(&self) -> anyhow::Result<Followed> {
        let inputs = self.inputs()?;
        let snapshot = Snapshot::take(&inputs.find().files, &Snapshot::default());
        Ok(Followed { inputs, snapshot })
    }

    fn build(
        &mut self,
        changed: &BTreeSet<PathBuf>,
        manner: &Manner,
        progress: &dyn Progress,
    ) -> anyhow::Result<Built> {
        let Some(workshop) = &self.workshop else {
            anyhow::bail!("the project was not opened");
        };
        let begun = std::mem::replace(&mut self.begun, SystemTime::now());
        let built = workshop.build(&self.project, manner, progress)?;
        // Cargo looks at times, and a file that was moved or copied here may be older than the last build.
        if built.is_fresh && touch_older(changed, begun) {
            return workshop.build(&self.project, manner, progress);
        }
        Ok(built)
    }

    /// Notes the files that a build has read beside the project's folders; whether they are others than before.
    /// The compiler leaves their names beside what it makes, as make(1) reads them.
    fn has_read_more(&mut self, built: &Built) -> bool {
        let text = bounded::text(&built.built.with_extension("d")).unwrap_or_default();
        let folders = self.workshop.as_ref().map(|workshop| workshop.folders(&self.project));
        let folders = folders.unwrap_or_default();
        let folders: Vec<PathBuf> = folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let is_outside = |path: &PathBuf| !folders.iter().any(|folder| path.starts_with(folder));
        // A path that leads up and down again is no path of a folder.
        let real = prerequisites(&text).filter_map(|path| path.canonicalize().ok());
        let read: BTreeSet<PathBuf> = real.filter(is_outside).collect();
        let is_other = read != self.read;
        self.read = read;
        is_other
    }
}

/// The files after the colon of each rule; a space in a name has a backslash before it.
fn prerequisites(text: &str) -> impl Iterator<Item = PathBuf> {
    let rules = text.lines().filter_map(|line| line.split_once(": "));
    let names = rules.flat_map(|(_, files)| {
        let files = files.replace("\\ ", "\0");
        let names = files.split(' ').map(|name| name.replace('\0', " "));
        names.collect::<Vec<_>>()
    });
    names.filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Gives files that were last written before `begun` the time of now; whether there were any.
fn touch_older(files: &BTreeSet<PathBuf>, begun: SystemTime) -> bool {
    let is_older = |path: &&PathBuf| {
        fs::metadata(path)
            .and_then(|found| found.modified())
            .is_ok_and(|time| time < begun)
    };
    let touch = |path: &PathBuf| File::options().append(true).open(path)?.set_modified(SystemTime::now());
    let touched = files.iter().filter(is_older).filter(|path| touch(path).is_ok());
    touched.count() > 0
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_compiler_has_read_is_known() {
        let text = "/t/libhello.rlib: /p/src/lib.rs /a\\ b/c.txt\n\n/p/src/lib.rs:\n";
        let read: Vec<PathBuf> = prerequisites(text).collect();
        assert_eq!(read, [PathBuf::from("/p/src/lib.rs"), PathBuf::from("/a b/c.txt")]);
    }

    #[test]
    fn only_files_older_than_the_last_build_are_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "").unwrap();
        let files = BTreeSet::from([path.clone(), folder.path().join("gone")]);
        assert!(!touch_older(&files, SystemTime::UNIX_EPOCH));
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert!(touch_older(&files, later));
    }
}
