//! Builds a project's component.

mod command;
pub(crate) mod tools;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::artifact::{self, Artifact};
use super::project::{Builder, Project};
use super::sdk;
use crate::toolchain::{self, BuildOptions, Plan, Profile, Progress, Stop, Toolchain};

/// What a project is built with, which stays the same for as long as its manifests do.
#[derive(Debug)]
pub(crate) struct Workshop {
    /// How long finding or making the toolchain took.
    provided: Duration,
    /// What cargo is going to do; none for a build command.
    cargo: Option<(Toolchain, Plan)>,
    /// The folders of the programs that a build command finds before all others.
    programs: Vec<PathBuf>,
}

/// What may differ between two builds.
#[derive(Debug, Default)]
pub(crate) struct Manner {
    /// How it is compiled.
    pub(crate) profile: Profile,
    /// Whether the compiler's words may carry colours.
    pub(crate) color: bool,
    /// What stops the build.
    pub(crate) stop: Option<Stop>,
}

/// A component that was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// The component.
    pub(crate) artifact: Artifact,
    /// How it was compiled.
    pub(crate) profile: Profile,
    /// What built it, in a line.
    pub(crate) toolchain: String,
    /// How long finding or making the toolchain took.
    pub(crate) provided: Duration,
    /// How long the compiler took.
    pub(crate) compiled: Duration,
    /// Whether cargo found that nothing has changed since an earlier build.
    pub(crate) is_fresh: bool,
    /// The file that the compiler has left.
    pub(crate) built: PathBuf,
}

/// Builds the component of `project`.
pub(crate) fn build(
    project: &Project,
    profile: Profile,
    color: bool,
    progress: &dyn Progress,
) -> anyhow::Result<Built> {
    let manner = Manner {
        profile,
        color,
        stop: None,
    };
    Workshop::open(project, None, progress)?.build(project, &manner, progress)
}

impl Workshop {
    /// Finds what builds the project.
    pub(crate) fn open(project: &Project, stop: Option<&Stop>, progress: &dyn Progress) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let mut programs = Vec::new();
        let cargo = match &project.builder {
            Builder::Command(section) => {
                programs = tools::provide(project, section, progress)?;
                None
            }
            Builder::Cargo { package } => {
                sdk::provide_to(project)?;
                let cache = toolchain::user_cache().unwrap_or_else(|| project.target.join("airssys"));
                let toolchain = toolchain::provide(&project.folder, &cache, progress)?;
                let plan = Plan::new(&project.folder, &toolchain, Some(package), stop)?;
                Some((toolchain, plan))
            }
        };
        Ok(Self {
            provided: begin.elapsed(),
            cargo,
            programs,
        })
    }

    /// The folders of the packages that the component is built from.
    pub(crate) fn folders(&self, project: &Project) -> Vec<PathBuf> {
        match &self.cargo {
            Some((_, plan)) => plan.folders(),
            None => vec![project.folder.clone()],
        }
    }

    /// Builds the component.
    pub(crate) fn build(&self, project: &Project, manner: &Manner, progress: &dyn Progress) -> anyhow::Result<Built> {
        let begin = Instant::now();
        let (path, toolchain, is_fresh) = match (&self.cargo, &project.builder) {
            (Some((toolchain, plan)), Builder::Cargo { package }) => {
                let options = BuildOptions {
                    package: Some(package.clone()),
                    profile: manner.profile,
                    color: manner.color,
                    stop: manner.stop.clone(),
                    target_dir: project.cargo_target.clone(),
                    ..BuildOptions::default()
                };
                let built = plan.build(&project.folder, toolchain, &options, progress)?;
                // The library is the component; a package without one has a program that is.
                let library = package.replace('-', "_");
                let mut artifacts = built.artifacts.iter();
                let chosen = artifacts.find(|artifact| artifact.name == library);
                let chosen = chosen.or(built.artifacts.first());
                let chosen = chosen.ok_or_else(|| anyhow::anyhow!("cargo named no component"))?;
                (chosen.path.clone(), toolchain.describe(), built.is_fresh)
            }
            (_, Builder::Command(section)) => {
                let path = command::run(project, section, &self.programs, manner, progress)?;
                (path, section.command.clone(), false)
            }
            (None, Builder::Cargo { package }) => anyhow::bail!("nobody has asked cargo about `{package}`"),
        };
        let compiled = begin.elapsed();
        Ok(Built {
            artifact: artifact::finish(project, manner.profile, &path)?,
            profile: manner.profile,
            toolchain,
            provided: self.provided,
            compiled,
            is_fresh,
            built: path,
        })
    }
}
