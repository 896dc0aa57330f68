//! `test`: the project's native tests, and the cases in `tests/cases` against the built component.

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;

use super::build;
use super::grants::explained;
use super::verb::{Context, Verb};
use crate::exit::Failure;
use crate::ops::host;
use crate::ops::learn::Lesson;
use crate::ops::project::Project;
use crate::ops::state::StatePlace;
use crate::ops::test::{
    FOLDER, Found, FoundRelease, Looker, Native, Report, Side, junit, junit_of_upgrade, native, run, run_upgrade, split,
};
use crate::ops::{files, project};
use crate::shell::{Shell, cases, counted, size, took, upgrade};
use crate::toolchain::Profile;
use airssys_wasm::capability::Policy;
use airssys_wasm::component::{AccessRequests, ComponentName, inspect};
use airssys_wasm::control::Client;
use airssys_wasm::testing::Case;

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
    /// Test the upgrade from a release: a file, a deployed version, or a git revision; to another one with `..TO`
    #[arg(long, value_name = "FROM[..TO]", conflicts_with = "update")]
    upgrade: Option<String>,
    /// Let the new release break what callers rely on
    #[arg(long, requires = "upgrade")]
    allow_breaking: bool,
    /// Say at the end which `[capabilities]` it would have to ask for to get what it was denied
    #[arg(long, conflicts_with = "upgrade")]
    learn: bool,
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
        ("test --upgrade v1.2.0", "from there to what is here, and back"),
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
        if let Some(text) = &self.upgrade {
            return self.upgrade(context, text, project.as_ref(), found);
        }
        let native = match &project {
            Some(project) if !self.cases_only => native(project, shell.is_quiet(), shell.as_ref())?,
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
            suggest_a_case(shell);
        } else {
            let (name, bytes) = match (&project, &self.file) {
                (Some(project), _) => built(context, project, profile)?,
                (None, file) => {
                    let bytes = files::read(file.as_deref().unwrap_or(&current))?;
                    (named(&bytes)?, bytes)
                }
            };
            let policy = granted(context, name.as_ref())?;
            let lesson = self.learn.then(Lesson::default);
            let asked = self.learn.then(|| asked(&bytes)).transpose()?;
            report.component = name;
            let _spinner = shell.spin(format_args!("running {}", counted(found.cases.len(), "case")));
            let outcome = run(bytes, found.cases, policy, lesson.clone());
            report.cases = match outcome {
                Err(error) => return Err(explained(context, &context.state()?, false, error)),
                Ok(cases) => cases,
            };
            shell.hide_spinner();
            if let (Some(lesson), Some(asked)) = (lesson, asked) {
                for name in report.component.iter().chain(&lesson.components()).take(1) {
                    shell.lesson(name, lesson.block(name, &asked))?;
                }
            }
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

impl Test {
    /// Tests the upgrade from one release to another, and back.
    fn upgrade(&self, context: &Context, text: &str, project: Option<&Project>, found: Found) -> anyhow::Result<()> {
        let (shell, current) = (&context.shell, context.folder()?);
        if found.cases.is_empty() {
            suggest_a_case(shell);
        }
        let (from, to) = split(text, &current);
        let file = self.file.as_deref().map(files::read).transpose()?;
        if let (Some(_), Some(to)) = (&file, &to) {
            let message = format!("the new release is both a file and `{to}`");
            let help = "leave out one of them";
            return Err(Failure::usage("two-releases", message, help).into());
        }
        let said = file.as_deref().map(named).transpose()?.flatten();
        let name = project.map(|project| &project.name).or(said.as_ref());
        let place = context.state()?;
        let looker = Looker {
            current: &current,
            place: &place,
            project,
            name,
        };
        let profile = Profile::of(self.dev);
        // The old one first, so that what stays in the target directory is what was built last.
        let from = release(context, &looker, &from, profile)?;
        let to = match (file, to, project) {
            (Some(bytes), _, _) => Side {
                bytes,
                version: None,
                said: None,
            },
            (None, Some(to), _) => release(context, &looker, &to, profile)?,
            (None, None, Some(project)) => Side {
                bytes: built(context, project, profile)?.1,
                version: None,
                said: None,
            },
            // Without a file there is a project, or the command has ended.
            (None, None, None) => return Err(anyhow::anyhow!("there is neither a file nor a project")),
        };
        for side in [&from, &to] {
            check_name(side, name)?;
        }
        let policy = granted(context, name)?;
        let report = {
            let _spinner = shell.spin(format_args!("testing the upgrade"));
            let begun = |case: &Case| shell.turn(format_args!("testing the upgrade with {}", case.name()));
            run_upgrade(name, from, to, found.cases, policy, begun)
        };
        let mut report = report.map_err(|error| explained(context, &place, false, error))?;
        report.allows_breaking = self.allow_breaking;
        if let Some(path) = &self.junit {
            files::write(path, junit_of_upgrade(&report)?.as_bytes())?;
        }
        let Some(failure) = report.failure(context.program) else {
            return Ok(shell.result(upgrade(&report), &report.to_json(true))?);
        };
        if !shell.is_json() {
            shell.result(upgrade(&report), &())?;
        }
        Err(failure.with_result(report.to_json(false)).into())
    }
}

/// A release that a person named, built where it is a project.
fn release(context: &Context, looker: &Looker<'_>, text: &str, profile: Profile) -> anyhow::Result<Side> {
    let (bytes, version) = match looker.find(text)? {
        FoundRelease::Bytes(bytes, version) => (bytes, version),
        FoundRelease::Revision(checkout) => {
            let built = built(context, &checkout.project, profile);
            (built.map_err(|error| error.context(format!("`{text}`")))?.1, None)
        }
    };
    Ok(Side {
        bytes,
        version,
        said: Some(text.to_owned()),
    })
}

/// Refuses a release of another component.
fn check_name(side: &Side, name: Option<&ComponentName>) -> anyhow::Result<()> {
    let found = named(&side.bytes)?;
    match (found, name) {
        (Some(found), Some(name)) if found != *name => {
            let said = side.said.as_deref().unwrap_or("the new release");
            let message = format!("{said} is `{found}`, and not `{name}`");
            let help = "name a release of the same component";
            Err(Failure::usage("other-component", message, help).into())
        }
        _ => Ok(()),
    }
}

fn suggest_a_case(shell: &Shell) {
    shell.note(format_args!(
        "There are no cases in {FOLDER}. Make one:\n  mkdir -p {FOLDER} && \
         printf 'case-version = 1\\n\\n[[call]]\\nmessage = \"world\"\\n' > {FOLDER}/first.toml\n"
    ));
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

/// What the component is granted beside what a case gives, by the policy file and by an operator in the project, and what
/// was revoked there.
fn granted(context: &Context, name: Option<&ComponentName>) -> anyhow::Result<Policy> {
    let policy = context
        .policy
        .as_deref()
        .map(Policy::read)
        .transpose()?
        .unwrap_or_default();
    let place = StatePlace {
        // It was read already, and holds here whatever host is asked.
        policy: None,
        policy_is_typed: false,
        ..context.state()?
    };
    let Some(name) = name.filter(|_| place.project.is_some() && place.exists()) else {
        return Ok(policy);
    };
    let ask = async |client: &Client| client.permissions(Some(name)).await;
    // A state directory that cannot be read grants nothing; it is of no other concern to a test.
    let found = host::with(&place, host::quiet(), ask).unwrap_or_default();
    Ok(found.iter().fold(policy, |policy, found| {
        policy.with(found.given()).without(found.taken())
    }))
}

/// What a file asks for in its manifest.
fn asked(bytes: &[u8]) -> anyhow::Result<AccessRequests> {
    Ok(inspect(bytes)?
        .manifest
        .map(|manifest| manifest.capabilities)
        .unwrap_or_default())
}

/// The name that a file says.
fn named(bytes: &[u8]) -> anyhow::Result<Option<ComponentName>> {
    let found = inspect(bytes)?;
    let said = found.manifest.and_then(|manifest| manifest.component.name);
    Ok(said.or_else(|| found.name.and_then(|name| name.parse().ok())))
}
