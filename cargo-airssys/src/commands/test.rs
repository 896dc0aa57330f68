//! `test`: the project's native tests, and the cases in `tests/cases` against the built component.

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;

use super::build;
use super::verb::{Context, Verb};
use crate::ops::project::Project;
use crate::ops::test::{FOLDER, Found, Native, Report, junit, native, run};
use crate::ops::{files, project};
use crate::shell::{cases, counted, size, took};
use crate::toolchain::Profile;
use airssys_wasm::component::{ComponentName, inspect};

/// Test a component: its native tests, then the cases in tests/cases
#[derive(Debug, Parser)]
#[command(name = "test")]
pub(super) struct Test {
    /// The component's file; without it, this project is tested and built
    file: Option<PathBuf>,
    /// Run only the cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Accept new and changed snapshots
    #[arg(long)]
    update: bool,
    /// Leave out the native tests
    #[arg(long)]
    cases_only: bool,
    /// Write the outcomes of the cases as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Build with cargo's dev profile, so that a trap shows file and line
    #[arg(long, alias = "debug", conflicts_with = "file")]
    dev: bool,
    /// Which component of a cargo workspace to test
    #[arg(short, long, conflicts_with = "file")]
    package: Option<String>,
}

impl Verb for Test {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("test", "everything of this project"),
        ("test --cases-only --filter greets", "the cases whose name has `greets`"),
        ("test --update", "accept new and changed answers"),
        (
            "test my-component.wasm --junit report.xml",
            "the cases here against a file",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let begin = Instant::now();
        let profile = Profile::of(self.dev);
        let (shell, current) = (&context.shell, context.folder()?);
        let project = match &self.file {
            Some(_) => None,
            None => Some(project::find(&current, self.package.as_deref())?),
        };
        let folder = project.as_ref().map_or(&current, |project| &project.folder);
        // Before anything that takes long, because a mistake in a case is quickly corrected.
        let found = Found::below(folder, &current, self.filter.as_deref())?;
        let native = match &project {
            Some(project) if !self.cases_only => native(project, shell.is_quiet())?,
            Some(_) => Native::Skipped,
            None => Native::None,
        };
        for path in &found.unreferenced {
            shell.warn(format_args!("no case compares with {}: remove it", path.display()));
        }
        let mut report = Report {
            component: None,
            native,
            cases: Vec::new(),
            updated: Vec::new(),
            unreferenced: found.unreferenced,
            took: begin.elapsed(),
        };
        if found.cases.is_empty() {
            shell.note(format_args!(
                "There are no cases in {FOLDER}. Make one:\n  mkdir -p {FOLDER} && \
                 printf 'case-version = 1\\n\\n[[call]]\\nmessage = \"world\"\\n' > {FOLDER}/first.toml\n"
            ));
        } else {
            let (name, bytes) = match (&project, &self.file) {
                (Some(project), _) => built(context, project, profile)?,
                (None, file) => {
                    let bytes = files::read(file.as_deref().unwrap_or(&current))?;
                    (named(&bytes)?, bytes)
                }
            };
            report.component = name;
            let _spinner = shell.spin(format_args!("running {}", counted(found.cases.len(), "case")));
            report.cases = run(bytes, found.cases)?;
        }
        if self.update {
            report.accept()?;
        }
        report.took = begin.elapsed();
        if let Some(path) = &self.junit {
            files::write(path, junit(&report)?.as_bytes())?;
        }
        let Some(failure) = report.failure() else {
            return Ok(shell.result(cases(&report), &report.to_json())?);
        };
        if !shell.is_json() {
            shell.result(cases(&report), &())?;
        }
        Err(failure.with_result(report.to_json()).into())
    }
}

/// Builds the project's component.
/// What is tested is what would be deployed, unless the dev profile is asked for.
fn built(context: &Context, project: &Project, profile: Profile) -> anyhow::Result<(Option<ComponentName>, Vec<u8>)> {
    let begin = Instant::now();
    let built = build::built(context, project, profile)?;
    let label = build::labelled(project, &built);
    let artifact = built.artifact;
    let size = size(artifact.inspection.size);
    let time = took(begin.elapsed());
    context.shell.done("Built", format_args!("{label} ({size}) in {time}"));
    Ok((Some(project.name.clone()), artifact.bytes))
}

/// The name that a file says.
fn named(bytes: &[u8]) -> anyhow::Result<Option<ComponentName>> {
    let found = inspect(bytes)?;
    let said = found.manifest.and_then(|manifest| manifest.component.name);
    Ok(said.or_else(|| found.name.and_then(|name| name.parse().ok())))
}
