//! `deploy`: a file, or the project's component, into the state directory.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use semver::Version;

use super::build;
use super::rollout::Rollout;
use super::verb::{Context, Verb};
use crate::ops::package::{self, Said};
use crate::ops::{input, project};
use crate::shell::{size, took};
use crate::toolchain::Profile;
use airssys_wasm::component::{ComponentName, Package, parse_version};

/// Deploy a component: check it, compile it, start it and route calls to it
#[derive(Debug, Parser)]
#[command(name = "deploy")]
pub(super) struct Deploy {
    /// The component's file; without it, this project is built and deployed
    file: Option<PathBuf>,
    /// The component's name [default: what the file says, else the file's name]
    #[arg(long)]
    name: Option<String>,
    /// The release's version [default: what the file says, else 0.0.0 with its digest]
    #[arg(long)]
    version: Option<String>,
    /// A file with a JSON object that replaces the manifest's `[config]`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which component of a cargo workspace to build
    #[arg(short, long, conflicts_with = "file")]
    package: Option<String>,
    /// Build with cargo's dev profile: a trap then shows file and line
    #[arg(long, alias = "debug", conflicts_with = "file")]
    dev: bool,
    #[command(flatten)]
    rollout: Rollout,
}

impl Verb for Deploy {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("deploy", "build this project and deploy it"),
        ("deploy --dev", "the same, so that a trap shows file and line"),
        ("deploy my-component.wasm --config config.json", "a file from anywhere"),
        ("deploy --strategy canary --window 1m", "a growing part of the calls"),
        ("deploy --plan", "what it would do and change"),
        (
            "deploy a.wasm --name acme:greeter --version 1.2.0",
            "a file without a name",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let said = Said {
            name: self
                .name
                .as_deref()
                .map(str::parse::<ComponentName>)
                .transpose()
                .map_err(airssys_wasm::Error::from)?,
            version: self.version.as_deref().map(parse).transpose()?,
            config: self.config.as_deref().map(input::config).transpose()?,
        };
        let package = match &self.file {
            Some(file) => package::of_file(file, said)?,
            None => built(context, &context.folder()?, self.package.as_deref(), self.dev, said)?,
        };
        let plan = package.clone();
        self.rollout.run(
            context,
            async |client, options| client.plan(plan, options).await,
            async |client, options| client.deploy(package.clone(), options).await,
        )
    }
}

/// Builds the project in a folder, and packages its component.
pub(super) fn built(
    context: &Context,
    folder: &Path,
    package: Option<&str>,
    dev: bool,
    said: Said,
) -> anyhow::Result<Package> {
    let project = project::find(folder, package)?;
    let begin = Instant::now();
    let built = build::built(context, &project, Profile::of(dev))?;
    let size = size(built.artifact.inspection.size);
    let label = build::labelled(&project, &built);
    let time = took(begin.elapsed());
    context.shell.done("Built", format_args!("{label} ({size}) in {time}"));
    Ok(package::of_bytes(built.artifact.bytes, said))
}

/// Reads a version; a leading `v` is accepted.
pub(super) fn parse(text: &str) -> Result<Version, airssys_wasm::Error> {
    Ok(parse_version(text)?)
}
