//! Builds a Rust project into components.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::{DependencyKind, Message, Metadata, MetadataCommand, PackageId};

use super::cargo::Said;
use super::error::BuildError;
use super::listen::{Line, listen};
use super::rust::Toolchain;
use super::stop::Stop;
use super::{Progress, TARGET, cargo};

/// How a project is compiled: cargo's profiles of these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Optimised, without lines: what is deployed for use.
    #[default]
    Release,
    /// Compiled fast, with the names and lines that make a trap readable.
    Dev,
}

impl Profile {
    /// The dev profile, or the release profile.
    pub fn of(dev: bool) -> Self {
        if dev { Self::Dev } else { Self::Release }
    }

    /// Cargo's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// What may differ between two builds of one project.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// The package to build; without it, the one in the project's folder, or a workspace's default members.
    pub package: Option<String>,
    /// How it is compiled.
    pub profile: Profile,
    /// Passed on to cargo as they are, such as `--features x` or `--locked`.
    pub cargo_arguments: Vec<OsString>,
    /// The project's target directory, where it is not to be the one cargo says; relative to the project.
    pub target_dir: Option<PathBuf>,
    /// Whether what goes to [`Progress::output`] may carry colours.
    pub color: bool,
    /// What stops the build; without it, it ends with this program's process group.
    pub stop: Option<Stop>,
}

/// What cargo is going to build, which stays the same until a `Cargo.toml`, the `Cargo.lock` or cargo's configuration
/// changes.
#[derive(Clone, Debug)]
pub struct Plan {
    metadata: Metadata,
    wanted: BTreeMap<PackageId, String>,
    /// How many packages take part.
    total: u64,
}

/// One component that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The cargo package it belongs to.
    pub package: String,
    /// The name of its library or binary, as cargo has it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// What a build gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// At least one, in cargo's order.
    pub artifacts: Vec<Artifact>,
    /// How often the compiler warned.
    pub warnings: usize,
    /// Whether cargo found that nothing has changed since an earlier build.
    pub is_fresh: bool,
}

/// Builds the project in the folder `project` and returns the components it made.
///
/// The compiler's words go to `progress` as they come.
pub fn build(
    project: &Path,
    toolchain: &Toolchain,
    options: &BuildOptions,
    progress: &dyn Progress,
) -> Result<Built, BuildError> {
    let plan = Plan::new(project, toolchain, options.package.as_deref(), options.stop.as_ref())?;
    plan.build(project, toolchain, options, progress)
}

impl Plan {
    /// Asks cargo about the project in the folder `project`, until it is stopped.
    pub fn new(
        project: &Path,
        toolchain: &Toolchain,
        package: Option<&str>,
        stop: Option<&Stop>,
    ) -> Result<Self, BuildError> {
        let metadata = metadata(project, toolchain, stop)?;
        let wanted = wanted(&metadata, package);
        let total = crates(&metadata, wanted.keys()).len() as u64;
        Ok(Self {
            metadata,
            wanted,
            total,
        })
    }

    /// The folders of the packages that take part and are not from a registry: what is built and its path dependencies.
    pub fn folders(&self) -> Vec<PathBuf> {
        let taking_part = crates(&self.metadata, self.wanted.keys());
        let packages = self.metadata.packages.iter();
        let local = packages.filter(|package| package.source.is_none() && taking_part.contains(&package.id));
        let folder = |package: &cargo_metadata::Package| Some(package.manifest_path.parent()?.to_owned().into());
        local.filter_map(folder).collect()
    }

    /// Builds as planned; the rest is as for [`build`].
    pub fn build(
        &self,
        project: &Path,
        toolchain: &Toolchain,
        options: &BuildOptions,
        progress: &dyn Progress,
    ) -> Result<Built, BuildError> {
        let names: Vec<&str> = self.wanted.values().map(String::as_str).collect();
        progress.step(&format!("building {}", names.join(", ")));
        let own_target = options
            .target_dir
            .as_deref()
            .unwrap_or(self.metadata.target_directory.as_std_path());
        let mut command = command(project, toolchain, options, &toolchain.target_dir(own_target));
        let mut built = Built {
            artifacts: Vec::new(),
            warnings: 0,
            is_fresh: true,
        };
        let mut done = BTreeSet::new();
        let mut message = |message: Message| match message {
            Message::CompilerMessage(message) => {
                // The compiler closes with a count of its warnings, which is no warning of its own.
                let warns = message.message.level == DiagnosticLevel::Warning && !message.message.spans.is_empty();
                built.warnings += usize::from(warns);
                if let Some(text) = &message.message.rendered {
                    progress.output(text.trim_end());
                }
            }
            Message::CompilerArtifact(artifact) => {
                if let Some(package) = self.wanted.get(&artifact.package_id) {
                    let components = artifact
                        .filenames
                        .iter()
                        .filter(|path| path.extension() == Some("wasm"));
                    built.is_fresh &= artifact.fresh;
                    built.artifacts.extend(components.map(|path| Artifact {
                        package: package.clone(),
                        name: artifact.target.name.clone(),
                        path: path.clone().into_std_path_buf(),
                    }));
                }
                done.insert(artifact.package_id);
                let done = done.len() as u64;
                progress.fraction(done, self.total.max(done));
            }
            _ => {}
        };
        let stop = options.stop.as_ref();
        let ended = cargo::stream(&mut command, stop, |said| match said {
            Said::Message(said) => message(*said),
            Said::Line(line) => progress.output(&line),
        });
        let project = || project.to_path_buf();
        if stop.is_some_and(Stop::is_stopped) {
            return Err(BuildError::Stopped { project: project() });
        }
        let status = ended.map_err(BuildError::Start)?;
        match (status.success(), built.artifacts.is_empty()) {
            (false, _) => Err(BuildError::Compile { project: project() }),
            (true, true) => Err(BuildError::NoComponent { project: project() }),
            (true, false) => Ok(built),
        }
    }
}

fn command(project: &Path, toolchain: &Toolchain, options: &BuildOptions, target_dir: &Path) -> Command {
    let format = if options.color {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    let mut command = Command::new(cargo::program());
    toolchain.apply(&mut command);
    command.current_dir(project);
    // Quiet, because progress shows what is being compiled; errors are still said.
    command.args([
        "build",
        "--profile",
        options.profile.as_str(),
        "--quiet",
        "--target",
        TARGET,
        "--message-format",
        format,
    ]);
    command.args(["--color", if options.color { "always" } else { "never" }]);
    command.arg("--target-dir").arg(target_dir);
    if toolchain.rustc().is_some() {
        // A shared build directory from the user's configuration would mix objects of two standard libraries.
        command.env("CARGO_BUILD_BUILD_DIR", target_dir);
    }
    if let Some(package) = &options.package {
        command.args(["--package", package]);
    }
    command.args(&options.cargo_arguments);
    command
}

fn metadata(project: &Path, toolchain: &Toolchain, stop: Option<&Stop>) -> Result<Metadata, BuildError> {
    let refuse = |said: &str| BuildError::Project {
        project: project.into(),
        said: said.trim().into(),
    };
    if !project.is_dir() {
        return Err(refuse("there is no such folder"));
    }
    let mut query = MetadataCommand::new();
    query.cargo_path(cargo::program()).current_dir(project);
    query.other_options(["--filter-platform".to_owned(), TARGET.to_owned()]);
    let mut command = query.cargo_command();
    toolchain.apply(&mut command);
    let (mut answer, mut said) = (String::new(), String::new());
    let ended = listen(&mut command, stop, |line| match line {
        Line::Output(line) => answer.push_str(&line),
        Line::Error(line) => {
            said.push_str(&line);
            said.push('\n');
        }
    });
    if stop.is_some_and(Stop::is_stopped) {
        let project = project.into();
        return Err(BuildError::Stopped { project });
    }
    if !ended.map_err(BuildError::Start)?.success() {
        return Err(refuse(said.trim_start_matches("error: ")));
    }
    MetadataCommand::parse(answer).map_err(|error| refuse(&error.to_string()))
}

/// The packages cargo is going to build for themselves, with their names.
fn wanted(metadata: &Metadata, package: Option<&str>) -> BTreeMap<PackageId, String> {
    let packages = match (package, metadata.root_package()) {
        (Some(name), _) => metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| package.name == name)
            .collect(),
        (None, Some(root)) => vec![root],
        (None, None) => metadata.workspace_default_packages(),
    };
    packages
        .into_iter()
        .map(|package| (package.id.clone(), package.name.to_string()))
        .collect()
}

/// The packages that take part in building `roots`, for the progress.
fn crates<'a>(metadata: &'a Metadata, roots: impl Iterator<Item = &'a PackageId>) -> BTreeSet<&'a PackageId> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: BTreeMap<&PackageId, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut open: Vec<&PackageId> = roots.collect();
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        let takes_part =
            |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
        open.extend(
            dependencies
                .filter(|dep| takes_part(&dep.dep_kinds))
                .map(|dep| &dep.pkg),
        );
    }
    found
}
