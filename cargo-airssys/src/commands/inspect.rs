//! `inspect`: what a component is, from its file or as deployed.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::exit::sentence;
use crate::ops::package::{self, Said};
use crate::ops::state::StatePlace;
use crate::ops::{files, host, runtime_imports};
use crate::shell::{counted, printable_line, seconds, size, took};
use airssys_wasm::component::{Callable, ComponentName, Export, Inspection, Producer, Release, callable, inspect};
use airssys_wasm::control::Client;
use airssys_wasm::{Error, Versioning, printable};

/// Show what a component is: kind, world, exports, imports, capabilities, size, producers
#[derive(Debug, Parser)]
#[command(name = "inspect")]
pub(super) struct Inspect {
    /// A component's file, or the name of a deployed component
    #[arg(value_name = "FILE|NAME")]
    component: String,
}

impl Verb for Inspect {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("inspect target/airssys/hello.wasm", "a file"),
        ("inspect hello", "a deployed component"),
        ("inspect hello -o json", "everything, for a program"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let path = Path::new(&self.component);
        let is_file = path.exists() || path.extension().is_some_and(|extension| extension == "wasm");
        let (bytes, deployed) = match is_file {
            true => (files::read(path)?, None),
            false => of_name(context, &self.component).map(|(bytes, release)| (bytes, Some(release)))?,
        };
        let found = inspect(&bytes)?;
        let (release, compiled) = match deployed {
            Some(release) => (Some(release), None),
            None => compiled(context, path)?.unzip(),
        };
        let of_runtime = runtime_imports::read(&bytes);
        let callable = callable(&bytes).or_else(|error| without(context, error))?;
        let value = json!({
            "inspection": found,
            "world": found.world(),
            "release": release,
            "wit": callable.wit,
            "exports": callable.exports,
            "compile_seconds": compiled.map(seconds),
            "runtime_imports": of_runtime,
        });
        let text = format!(
            "{}\n\n{}",
            text(&found, compiled, &of_runtime, release.as_ref(), &callable),
            printable(callable.wit.trim_end())
        );
        Ok(context.shell.result(text, &value)?)
    }
}

/// The release that deploying a file would make, and how long compiling and starting it took; none, and a warning, when
/// it cannot be deployed.
pub(super) fn compiled(context: &Context, path: &Path) -> anyhow::Result<Option<(Release, Duration)>> {
    let begin = Instant::now();
    let _spinner = context.shell.spin("compiling for this machine");
    // What it asks for is its own answer, given in a host that nobody keeps; the steps on the way are not of interest.
    let aside = tempfile::tempdir()?;
    let place = StatePlace {
        versioning: Versioning::Development,
        ..StatePlace::locate(Some(&aside.path().join("state")), aside.path())
    };
    let release = package::of_file(path, Said::default())
        .and_then(|package| host::alone(&place, async |host| host.package(package).await));
    match release {
        Ok(release) => Ok(Some((release, begin.elapsed()))),
        Err(error) => {
            context.shell.warn(format_args!(
                "it cannot be deployed here: {}",
                printable_line(&sentence(&error))
            ));
            Ok(None)
        }
    }
}

fn of_name(context: &Context, name: &str) -> anyhow::Result<(Vec<u8>, Release)> {
    let name: ComponentName = name.parse().map_err(Error::from)?;
    let unknown = || {
        Err(Error::UnknownComponent {
            name: name.clone(),
            nearest: None,
        })
    };
    let ask = async |client: &Client| Ok((client.bytes(&name).await?, client.release(&name).await?));
    host::with_existing(&context.state()?, listener(&context.shell), ask, unknown)
}

/// One fact in each line; lists go on below their first entry.
fn text(
    found: &Inspection,
    compiled: Option<Duration>,
    of_runtime: &[String],
    release: Option<&Release>,
    callable: &Callable,
) -> String {
    let mut facts: Vec<(&str, Vec<String>)> = Vec::new();
    let name = release.map(Release::label).or_else(|| found.name.clone());
    facts.push(("name", name.into_iter().collect()));
    facts.push(("description", found.description.iter().cloned().collect()));
    facts.push(("licence", found.licence.iter().cloned().collect()));
    facts.push(("kind", vec![found.kind.to_string()]));
    facts.push(("size", vec![size(found.size)]));
    let memory = format!(
        "{} at the start, {}",
        size(found.initial_memory),
        counted(found.core_modules as usize, "core module")
    );
    facts.push(("memory", vec![memory]));
    let time = compiled.map(|time| format!("compiled and started in {}", took(time)));
    facts.push(("compile", time.into_iter().collect()));
    facts.push(("digest", vec![format!("sha256 {}", found.digest)]));
    if let Some(release) = release {
        let limits = &release.limits;
        let (memory, deadline) = (limits.memory, limits.deadline);
        facts.push((
            "limits",
            vec![format!(
                "memory {memory}, deadline {deadline}, {}",
                counted(limits.concurrency as usize, "call")
            )],
        ));
        let requests = release
            .requests
            .iter()
            .map(|(capability, pattern)| format!("{capability} {pattern}"));
        facts.push((
            "asks for",
            Some(requests.collect())
                .filter(|all: &Vec<_>| !all.is_empty())
                .unwrap_or_else(|| vec!["nothing".into()]),
        ));
    }
    let imports = counted(found.imports.len(), "import");
    let exports = counted(found.exports.len(), "export");
    facts.push(("world", vec![format!("root: {imports}, {exports}")]));
    facts.push(("exports", found.exports.clone()));
    let imports = found.imports.iter().map(|import| match of_runtime.contains(import) {
        true => format!("{import} (of the language's runtime)"),
        false => import.clone(),
    });
    facts.push(("imports", imports.collect()));
    let producer = |producer: &Producer| format!("{} {} ({})", producer.name, producer.version, producer.field);
    facts.push(("producers", found.producers.iter().map(producer).collect()));
    let name = release.map_or("NAME", |release| release.name.as_str());
    let message = found.kind.is_callable().then(|| format!("call {name} text"));
    let typed = callable.exports.iter().map(|export| example(name, export));
    facts.push(("calls", message.into_iter().chain(typed).collect()));
    let line = |(index, (fact, value)): (usize, (&str, &String))| {
        format!("{:<12} {}", if index == 0 { fact } else { "" }, printable_line(value))
            .trim_end()
            .to_owned()
    };
    let lines = facts
        .iter()
        .flat_map(|(fact, values)| values.iter().map(|value| (*fact, value)).enumerate());
    lines.map(line).collect::<Vec<_>>().join("\n")
}

/// The longest example in the text, in bytes; JSON has them whole.
const MAX_EXAMPLE: usize = 160;

/// How an export is called; what cannot be called from outside is only named.
fn example(name: &str, export: &Export) -> String {
    match &export.example {
        Some(example) if example.len() > MAX_EXAMPLE => {
            format!("call {name} --invoke '{}(…)', with the types below", export.name)
        }
        // As a shell takes it: a quote ends the quoted text, and begins another.
        Some(example) => format!("call {name} --invoke '{}'", example.replace('\'', r"'\''")),
        None => format!("{} takes or returns what has no text form", export.name),
    }
}

/// What is shown of a component whose types cannot be.
fn without(context: &Context, error: Error) -> anyhow::Result<Callable> {
    match error {
        Error::NoWit { .. } | Error::TooComplex { .. } => {
            context.shell.warn(printable_line(&error.to_string()));
            Ok(Callable::default())
        }
        error => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_of_itself_cannot_steer_the_terminal() {
        let wit = "/// \u{1b}[2J\u{1b}]0;x\u{7}\nworld root {}";
        assert_eq!(printable(wit), "/// \\u{1b}[2J\\u{1b}]0;x\\u{7}\nworld root {}");
    }
}
