//! The command line: its options for all verbs, and how a mistake in it is told.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::ALL;
use super::verb::{Context, Run};
use crate::exit::{Exit, Failure};
use crate::shell::{Format, Shell};

/// A command line that was understood.
pub(crate) struct Line {
    pub(crate) context: Context,
    pub(crate) verb: Run,
    pub(crate) matches: ArgMatches,
}

/// Why there is nothing to run.
pub(crate) enum Unparsed {
    /// The help or the version was asked for, or is the best answer.
    Shown(StyledStr, Exit),
    /// The line has a mistake.
    Refused(Arc<Shell>, anyhow::Error),
}

/// Options that every verb has.
#[derive(Args)]
#[command(next_help_heading = "Options of every verb")]
struct Global {
    /// How results and errors are printed
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "text")]
    output: Format,
    /// Print results, warnings and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Where deployed components are kept [default: `.airssys` in the project]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "AIRSSYS_STATE_DIR",
        hide_env_values = true
    )]
    state_dir: Option<PathBuf>,
    /// What components are granted [default: `policy.toml` in a state directory that is named]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "AIRSSYS_POLICY",
        hide_env_values = true
    )]
    policy: Option<PathBuf>,
}

/// Leaves out the word `airssys` that cargo passes when it runs a subcommand.
pub(crate) fn without_subcommand(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|word| word == "airssys") {
        args.remove(1);
    }
    args
}

/// Whether a host started this program to compile a component.
pub(crate) fn is_for_compiler(args: &[OsString]) -> bool {
    matches!(args, [_, word] if word == airssys_wasm::COMPILE_ARGUMENT)
}

/// The whole command line interface under this name.
pub(super) fn command(program: &str) -> Command {
    let root = Global::augment_args(Command::new("airssys-wasm"));
    root.bin_name(program)
        .version(env!("CARGO_PKG_VERSION"))
        // After the options, whose own doc comment would stand here otherwise.
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .after_help(format!(
            "Begin with `{program} quickstart`, or with `{program} init hello`."
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(ALL.iter().map(|entry| (entry.command)(program)))
}

/// Reads the command line.
pub(crate) fn parse(program: &'static str, args: &[OsString]) -> Result<Line, Unparsed> {
    let refused = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Unparsed::Shown(error.render(), Exit::Ok),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Unparsed::Shown(error.render(), Exit::Usage),
        _ => {
            let format = if asks_for_json(args) {
                Format::Json
            } else {
                Format::Text
            };
            Unparsed::Refused(Arc::new(Shell::new(format, false)), mistake(&error).into())
        }
    };
    let matches = command(program).try_get_matches_from(args).map_err(refused)?;
    let global = Global::from_arg_matches(&matches).map_err(refused)?;
    let is_typed = |option: &str| matches.value_source(option) == Some(ValueSource::CommandLine);
    let (state_dir_is_typed, policy_is_typed) = (is_typed("state_dir"), is_typed("policy"));
    let (name, matches) = matches.subcommand().unwrap_or(("", &matches));
    let entry = ALL.iter().find(|entry| (entry.command)(program).get_name() == name);
    let missing = || clap::Error::new(ErrorKind::MissingSubcommand);
    let entry = entry.ok_or_else(missing).map_err(refused)?;
    Ok(Line {
        context: Context {
            shell: Arc::new(Shell::new(global.output, global.quiet)),
            program,
            state_dir: global.state_dir,
            state_dir_is_typed,
            policy: global.policy,
            policy_is_typed,
        },
        verb: entry.run,
        matches: matches.clone(),
    })
}

/// Clap's several lines as one error and one help line.
fn mistake(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let first = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
    let message = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let usage = text
        .lines()
        .find_map(|line| line.strip_prefix("Usage: "))
        .map(|usage| format!("usage: {usage}"));
    let help: Vec<String> = tips.map(str::to_owned).chain(usage).collect();
    let help = if help.is_empty() {
        "`{cli} --help` shows what can be asked for".into()
    } else {
        help.join("; ")
    };
    Failure::usage("usage", message, help)
}

/// Looks for `-o json` in a line that could not be read.
fn asks_for_json(args: &[OsString]) -> bool {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let joined = |word: &str| matches!(word, "-ojson" | "-o=json" | "--output=json");
    let parted = |pair: &[std::borrow::Cow<str>]| matches!(&*pair[0], "-o" | "--output") && pair[1] == "json";
    words.iter().any(|word| joined(word)) || words.windows(2).any(parted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn refusal(line: &str) -> Failure {
        match parse("cargo airssys", &without_subcommand(words(line))) {
            Err(Unparsed::Refused(_, error)) => crate::exit::explain(&error, "cargo airssys"),
            _ => panic!("{line} is understood"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        command("airssys-wasm").debug_assert();
    }

    #[test]
    fn the_word_that_cargo_passes_is_skipped() {
        assert_eq!(
            without_subcommand(words("cargo-airssys airssys build")),
            words("cargo-airssys build")
        );
        assert_eq!(
            without_subcommand(words("airssys-wasm build airssys")),
            words("airssys-wasm build airssys")
        );
    }

    #[test]
    fn every_verb_is_understood() {
        for line in [
            "x init",
            "x new hello --yes",
            "x build -o json",
            "x test --update --filter a --junit report.xml",
            "x deploy a.wasm --name a --version v1.2.0 --config c.json",
            "x deploy --strategy canary --steps 5,25%,100 --window 10s --gate p99>250ms --min-calls 5 --plan",
            "x update a@v2.0.0 --strategy blue-green --allow-breaking --reason b",
            "x update a@2.0.0 --from a.wasm --strategy rolling --batch 2",
            "x update a --weights v1.0.0=90,2.0.0=10 --rule header:x=1=>2.0.0 --sticky metadata:user",
            "x rollback a --to-version v1.5.0 --state before",
            "x scale a --max 4",
            "x history a",
            "x events a",
            "x serve",
            "x status a",
            "x call a -",
            "x status -q",
            "x inspect a.wasm",
            "x remove a --yes",
            "x quickstart --yes",
            "x doctor --fix",
            "x permission grant a file-read /data/** --mount /data=/srv/data --policy p.toml",
            "x permission grant a storage * --broad --reason b",
            "x permission revoke a file-read /data/**",
            "x permission list a -o json",
            "x completions bash",
        ] {
            assert!(parse("airssys-wasm", &words(line)).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_mistake_is_one_line_of_error_and_one_of_help() {
        let failure = refusal("cargo-airssys airssys deploy --nmae hello");
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(failure.message, "unexpected argument '--nmae' found");
        assert!(failure.help.contains("'--name'"), "{}", failure.help);
        assert!(failure.help.contains("usage: cargo airssys deploy"), "{}", failure.help);
        let failure = refusal("cargo-airssys call");
        assert_eq!(
            failure.message,
            "the following required arguments were not provided: <NAME>"
        );
        assert!(!failure.help.contains('\n'));
    }

    #[test]
    fn a_mistake_beside_an_output_format_follows_it() {
        for line in ["x nope -o json", "x nope -ojson", "x --output=json nope"] {
            assert!(asks_for_json(&words(line)), "{line}");
        }
        assert!(!asks_for_json(&words("x call a json -o text")));
    }
}
