//! `componentize`: a component of what a compiler left.

use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

use super::verb::{Context, Verb};
use crate::ops::componentize::{Adapter, Request, componentize};
use crate::ops::files;
use crate::shell::size;

/// Make a component of a core module, such as compilers for C and Go leave
#[derive(Debug, Parser)]
#[command(name = "componentize")]
pub(super) struct Componentize {
    /// The core module
    #[arg(value_name = "CORE.wasm")]
    module: PathBuf,
    /// The component's file
    #[arg(long, short = 'O', default_value = "component.wasm", value_name = "FILE")]
    out: PathBuf,
    /// What answers the module's imports of WASI preview 1
    #[arg(long, value_enum, default_value_t)]
    adapter: Adapter,
    /// The folder of the WIT, for a module that does not carry its world
    #[arg(long, value_name = "DIR")]
    wit: Option<PathBuf>,
    /// The world in it; not needed when there is only one
    #[arg(long, short, requires = "wit")]
    world: Option<String>,
}

impl Verb for Componentize {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("componentize core.wasm", "that carries its world, into component.wasm"),
        (
            "componentize core.wasm --out app.wasm --wit wit",
            "with the world of `wit`, as Go needs it",
        ),
        (
            "componentize core.wasm --adapter reactor",
            "with WASI 0.2: time, output and randomness are real",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name = self.module.display().to_string();
        let request = Request {
            wit: self.wit.as_deref(),
            world: self.world.as_deref(),
            adapter: self.adapter,
        };
        let made = componentize(&name, &files::read(&self.module)?, &request)?;
        files::write(&self.out, &made.bytes)?;
        if made.adapter == Some(Adapter::Empty) {
            context.shell.note(
                "it imports no WASI: clocks count, output is discarded, random numbers are no secret; \
                 `--adapter reactor` gives it WASI",
            );
        }
        let bytes = made.bytes.len() as u64;
        let text = format!("Made {} ({})", self.out.display(), size(bytes));
        let value = json!({ "path": self.out, "size": bytes, "adapter": made.adapter.map(Adapter::as_str) });
        Ok(context.shell.result(text, &value)?)
    }
}
