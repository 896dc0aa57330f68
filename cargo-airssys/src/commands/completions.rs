//! `completions`: scripts for shells.

use clap::Parser;

use super::line;
use super::verb::{Context, Verb};

/// Print a completion script for a shell
#[derive(Debug, Parser)]
#[command(name = "completions")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    kind: clap_complete::Shell,
}

impl Verb for Completions {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "completions bash > ~/.local/share/bash-completion/completions/airssys-wasm",
            "for bash",
        ),
        (
            "completions fish > ~/.config/fish/completions/airssys-wasm.fish",
            "for fish",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut script = Vec::new();
        let program = context.program.replace(' ', "-");
        clap_complete::generate(self.kind, &mut line::command(context.program), program, &mut script);
        Ok(context.shell.bytes(&script)?)
    }
}
