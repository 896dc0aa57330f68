//! `build`: a project's component.

use std::time::Instant;

use clap::Parser;
use serde_json::{Value, json};

use super::inspect;
use super::verb::{Context, Verb};
use crate::ops::build::{Built, build};
use crate::ops::project::{self, Project};
use crate::shell::{counted, printable_line, seconds, size, took};
use crate::toolchain::Profile;

/// Build the component of this project
#[derive(Debug, Parser)]
#[command(name = "build")]
pub(super) struct Build {
    /// Which component of a cargo workspace to build
    #[arg(short, long)]
    package: Option<String>,
    /// Build with cargo's dev profile: a trap then shows file and line
    // `cargo install` has the other name.
    #[arg(long, alias = "debug")]
    dev: bool,
}

impl Verb for Build {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("build", "the component of the current folder"),
        ("build -p greeter", "one of several in a cargo workspace"),
        ("build --dev", "with lines, for debugging, into a file of its own"),
        ("build -o json", "name, size and path for a program"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let begin = Instant::now();
        let project = project::find(&context.folder()?, self.package.as_deref())?;
        let built = built(context, &project, Profile::of(self.dev))?;
        let artifact = &built.artifact;
        let (label, size) = (labelled(&project, &built), size(artifact.inspection.size));
        let (path, time) = (artifact.path.display(), took(begin.elapsed()));
        let mut value = measures(&project, &built, begin);
        // Whatever runs it next finds it compiled.
        let compiled = inspect::compiled(context, &artifact.path)?.map(|(_, time)| time);
        value["compile_seconds"] = compiled.map(seconds).into();
        let mut text = format!("Built {label} in {time}: {path} ({size})");
        let memory = self::size(artifact.inspection.initial_memory);
        text.push_str(&format!("\n{memory} of memory at the start"));
        if let Some(time) = compiled {
            text.push_str(&format!("; compiled for this machine and started in {}", took(time)));
        }
        if !artifact.of_runtime.is_empty() {
            let number = counted(artifact.of_runtime.len(), "import");
            text.push_str(&format!(
                "\n{number} of the language's runtime, not of wit/: {}",
                artifact.of_runtime.join(", ")
            ));
        }
        Ok(context.shell.result(text, &value)?)
    }
}

/// Builds a project, with its progress and its warnings.
pub(super) fn built(context: &Context, project: &Project, profile: Profile) -> anyhow::Result<Built> {
    let shell = &context.shell;
    let built = {
        let _spinner = shell.spin(format_args!("building {}", project.name));
        build(project, profile, shell.has_color(), shell.as_ref())?
    };
    for warning in &built.artifact.warnings {
        shell.warn(printable_line(warning));
    }
    Ok(built)
}

/// What a build measured, for programs.
pub(super) fn measures(project: &Project, built: &Built, begin: Instant) -> Value {
    let found = &built.artifact.inspection;
    json!({
        "name": project.name,
        "version": project.manifest.component.version,
        "kind": found.kind,
        "path": built.artifact.path,
        "profile": built.profile.as_str(),
        "size": found.size,
        "digest": found.digest,
        "exports": found.exports,
        "imports": found.imports,
        "runtime_imports": built.artifact.of_runtime,
        "initial_memory": found.initial_memory,
        "core_modules": found.core_modules,
        "warnings": built.artifact.warnings,
        "toolchain": built.toolchain,
        "toolchain_seconds": seconds(built.provided),
        "build_seconds": seconds(built.compiled),
        "seconds": seconds(begin.elapsed()),
    })
}

/// `name@version` of what was built, and its profile when it is not the usual one.
pub(super) fn labelled(project: &Project, built: &Built) -> String {
    match built.profile {
        Profile::Release => label(project),
        Profile::Dev => format!("{} (dev)", label(project)),
    }
}

/// `name@version` of a project.
fn label(project: &Project) -> String {
    let version = project.manifest.component.version.as_ref();
    version.map_or_else(
        || project.name.to_string(),
        |version| format!("{}@{version}", project.name),
    )
}
