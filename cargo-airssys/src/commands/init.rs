//! `init`: a new project from a template.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::json;

use super::verb::{Context, Verb};
use crate::exit::Failure;
use crate::ops::scaffold::{self, Plan, Template, templates};
use crate::shell::Shell;
use airssys_wasm::component::ComponentName;

const DESCRIPTION: &str = "Greets whom it is called with.";

/// Make a new component project from a template
#[derive(Debug, Parser)]
#[command(name = "init", visible_alias = "new")]
pub(super) struct Init {
    /// The folder to make; it must be absent or empty
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The component's name, such as `greeter` or `acme:greeter` [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// What the component does, in a sentence
    #[arg(long)]
    description: Option<String>,
    /// The language to write it in
    #[arg(long, default_value = "rust", value_parser = languages())]
    lang: String,
    /// What to start from
    #[arg(long, default_value = "component", value_parser = kinds())]
    template: String,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

impl Verb for Init {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("init hello", "in the new folder `hello`; asks for what it needs"),
        ("init hello --yes", "the same, without questions"),
        ("init greeter --name acme:greeter", "a name with a namespace"),
        ("init hello --lang python", "in another language"),
        ("init shop --template http", "a web API"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let shell = &context.shell;
        let asks = !self.yes && shell.is_interactive();
        let name = name(&self.path, self.name.as_deref(), asks.then_some(shell))?;
        let description = match self.description {
            Some(description) => description,
            None if asks => shell.ask("What does it do?", DESCRIPTION)?,
            None => DESCRIPTION.into(),
        };
        let template = template(&self.lang, &self.template)?;
        let created = scaffold::create(&Plan {
            folder: self.path.clone(),
            name: name.clone(),
            description,
            template: template.clone(),
        })?;
        let value = json!({
            "name": name,
            "folder": created.folder,
            "template": template.name,
            "files": created.files,
        });
        shell.result(format_args!("Created `{name}` in {}", created.folder.display()), &value)?;
        let go = if self.path == Path::new(".") {
            String::new()
        } else {
            format!("cd {} && ", self.path.display())
        };
        let first = template.first.iter().map(|verb| {
            let verb = verb.replace("NAME", name.as_str());
            format!("{} {verb}", context.program)
        });
        shell.note(format_args!("Try it: {go}{}", first.collect::<Vec<_>>().join(" && ")));
        Ok(())
    }
}

/// The name that was given, or that is asked for, or that the folder suggests.
fn name(path: &Path, given: Option<&str>, asked: Option<&std::sync::Arc<Shell>>) -> anyhow::Result<ComponentName> {
    let suggested = scaffold::suggested(path);
    let text = match (given, asked, &suggested) {
        (Some(given), ..) => given.to_owned(),
        (None, Some(shell), _) => shell.ask(
            "Name of the component",
            suggested.as_ref().map_or("", |name| name.as_str()),
        )?,
        (None, None, Some(suggested)) => suggested.to_string(),
        (None, None, None) => {
            let base = scaffold::base_of_path(path);
            let message = format!("no component name can be made of the folder name `{base}`");
            return Err(Failure::usage("invalid-name", message, "name the component with `--name NAME`").into());
        }
    };
    Ok(text.parse::<ComponentName>().map_err(airssys_wasm::Error::from)?)
}

/// The template of this kind in this language.
fn template(language: &str, kind: &str) -> anyhow::Result<Template> {
    let of_language: Vec<Template> = templates()?
        .into_iter()
        .filter(|template| template.language() == language)
        .collect();
    let kinds: Vec<String> = of_language
        .iter()
        .map(|template| format!("{} ({})", template.kind(), template.description))
        .collect();
    let chosen = of_language.iter().find(|template| template.kind() == kind);
    chosen.cloned().ok_or_else(|| {
        let message = format!("there is no template `{kind}` in {language}");
        let help = format!("choose another with `--template`: {}", kinds.join(", "));
        Failure::usage("no-template", message, help).into()
    })
}

pub(super) fn languages() -> PossibleValuesParser {
    PossibleValuesParser::new(distinct(Template::language))
}

fn kinds() -> PossibleValuesParser {
    let templates = templates().unwrap_or_default();
    let value = |kind: &'static str| {
        let languages = templates.iter().filter(|template| template.kind() == kind);
        let languages: Vec<&str> = languages.map(Template::language).collect();
        PossibleValue::new(kind).help(format!("in {}", languages.join(", ")))
    };
    PossibleValuesParser::new(distinct(Template::kind).into_iter().map(value))
}

/// What templates differ by, each once, in order.
fn distinct(of: fn(&Template) -> &'static str) -> BTreeSet<&'static str> {
    templates().unwrap_or_default().iter().map(of).collect()
}
