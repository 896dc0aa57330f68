//! `bindings`: what a component in C, C++ or Go is written against.

use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

use super::verb::{Context, Verb};
use crate::ops::bindings::{self, Language, Request};
use crate::shell::counted;

/// Generate what a component in C, C++ or Go is written against, from its world
#[derive(Debug, Parser)]
#[command(name = "bindings")]
pub(super) struct Bindings {
    /// The language
    language: Language,
    /// The folder of the WIT: the world, and what it uses in `deps`
    #[arg(long, default_value = "wit", value_name = "DIR")]
    wit: PathBuf,
    /// The world; not needed when there is only one
    #[arg(long, short)]
    world: Option<String>,
    /// The folder for the bindings
    #[arg(long, default_value = "bindings", value_name = "DIR")]
    out: PathBuf,
    /// The import path of that folder, for Go: the module of go.mod, and the folder
    #[arg(long, value_name = "PATH")]
    go_package: Option<String>,
}

impl Verb for Bindings {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("bindings c", "of the world in `wit`, into `bindings`"),
        ("bindings cpp --world shop --out generated", "of one world of several"),
        (
            "bindings go --go-package greeter/bindings",
            "as packages of the module `greeter`",
        ),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = Request {
            language: self.language,
            wit: &self.wit,
            world: self.world.as_deref(),
            go_package: self.go_package.as_deref(),
        };
        let files = bindings::write(&request, &self.out)?;
        let text = format!("Wrote {} to {}", counted(files.len(), "file"), self.out.display());
        Ok(context
            .shell
            .result(text, &json!({ "folder": self.out, "files": files }))?)
    }
}
