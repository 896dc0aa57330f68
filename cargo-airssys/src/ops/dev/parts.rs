//! The components of a loop: how each is found, built, and what it is built from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::inputs::Inputs;
use crate::ops::build::{Built, Manner, Workshop};
use crate::ops::project::{self, Builder, Project};
use crate::toolchain::Progress;
use airssys_wasm::component::ComponentName;

/// One of the components; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The root of its project, from which its files are named.
    pub(super) root: PathBuf,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    project: Project,
    /// None after it could not be opened.
    workshop: Option<Workshop>,
}

impl Part {
    /// Finds what builds a project.
    pub(super) fn open(project: Project, progress: &dyn Progress) -> anyhow::Result<(Self, Inputs)> {
        let workshop = Workshop::open(&project, progress)?;
        let inputs = Inputs::of(&project, &workshop)?;
        let root = project.root.clone();
        let inner = Inner {
            project,
            workshop: Some(workshop),
        };
        let inner = Arc::new(Mutex::new(inner));
        Ok((Self { root, inner }, inputs))
    }

    /// The component's name, as its manifest says it.
    pub(super) fn name(&self) -> ComponentName {
        self.lock().project.name.clone()
    }

    /// Builds it; blocks.
    /// After a change of a manifest the project is found anew, and what it is built from is returned as well.
    pub(super) fn build(
        &self,
        is_other: bool,
        manner: &Manner,
        progress: &dyn Progress,
    ) -> anyhow::Result<(Built, Option<Inputs>)> {
        let inner = &mut *self.lock();
        let mut inputs = None;
        let workshop = match inner.workshop.take() {
            Some(workshop) if !is_other => workshop,
            _ => {
                inner.project = again(&inner.project)?;
                let workshop = Workshop::open(&inner.project, progress)?;
                inputs = Some(Inputs::of(&inner.project, &workshop)?);
                workshop
            }
        };
        let built = workshop.build(&inner.project, manner, progress);
        inner.workshop = Some(workshop);
        Ok((built?, inputs))
    }

    /// A file's name for people: relative to the project.
    pub(super) fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The project as its manifests say it now.
fn again(project: &Project) -> anyhow::Result<Project> {
    let package = match &project.builder {
        Builder::Cargo { package } => Some(package.as_str()),
        Builder::Command(_) => None,
    };
    project::find(&project.folder, package)
}
