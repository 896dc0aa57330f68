//! `deploy`: a file, or the project's component, into the state directory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use semver::Version;

use super::build;
use super::verb::{Context, Verb};
use crate::ops::host::{self, Listener};
use crate::ops::package::{self, Said};
use crate::ops::state::StatePlace;
use crate::ops::{input, project};
use crate::shell::{Shell, printable_line, size, took};
use crate::toolchain::Profile;
use airssys_wasm::Deployment;
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
}

impl Verb for Deploy {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("deploy", "build this project and deploy it"),
        ("deploy --dev", "the same, so that a trap shows file and line"),
        ("deploy my-component.wasm --config config.json", "a file from anywhere"),
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
            None => {
                let project = project::find(&context.folder()?, self.package.as_deref())?;
                let begin = Instant::now();
                let built = build::built(context, &project, Profile::of(self.dev))?;
                let size = size(built.artifact.inspection.size);
                let label = build::labelled(&project, &built);
                context
                    .shell
                    .done("Built", format_args!("{label} ({size}) in {}", took(begin.elapsed())));
                package::of_bytes(built.artifact.bytes, said)
            }
        };
        let deployment = deploy(&context.shell, &context.state()?, package)?;
        Ok(context.shell.result(summary(&deployment), &deployment)?)
    }
}

/// Deploys a package, with its steps as they happen.
pub(super) fn deploy(shell: &Arc<Shell>, place: &StatePlace, package: Package) -> anyhow::Result<Deployment> {
    let outcome = host::with(place, listener(shell), async |host| host.deploy(package).await);
    shell.hide_spinner();
    let deployment = outcome?;
    for (capability, pattern) in deployment.release.requests.iter() {
        let request = printable_line(&format!("{capability} {pattern}"));
        shell.note(format_args!(
            "note: it asks for {}: not granted; this version grants nothing",
            request.trim_end()
        ));
    }
    Ok(deployment)
}

/// Prints a host's events.
pub(super) fn listener(shell: &Arc<Shell>) -> Listener {
    let shell = Arc::clone(shell);
    Arc::new(move |event| shell.event(event))
}

/// A deployment in a line.
pub(super) fn summary(deployment: &Deployment) -> String {
    let release = &deployment.release;
    let before = deployment
        .previous
        .as_ref()
        .map(|version| format!(", in place of {version}"))
        .unwrap_or_default();
    let time = took(deployment.steps.iter().map(|step| step.took).sum());
    format!(
        "Deployed {} (sha256 {}) in {time}{before}",
        release.label(),
        release.digest.short()
    )
}

fn parse(text: &str) -> Result<Version, airssys_wasm::Error> {
    Ok(parse_version(text)?)
}
